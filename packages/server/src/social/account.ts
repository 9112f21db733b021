import { makeNoAddress } from '../accounts/no-address.ts';
import { eventNow, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { NewLogin, SealedTokens } from '../stores/login-store.ts';
import type { User } from '../stores/user-store.ts';
import { sendAddressLink } from './address-link.ts';
import type { Provider, SocialProfile, UpstreamTokens } from './provider.ts';
import { sealTokens } from './upstream-tokens.ts';

/** Somebody whom a provider has sent. */
export interface Arrival {
  readonly provider: Provider;
  readonly profile: SocialProfile;
  /** None with a native token. */
  readonly tokens: UpstreamTokens | undefined;
  readonly ip: string | undefined;
  /** BCP 47, of the browser; used where the provider says none. */
  readonly locale: string | undefined;
}

/** There is an account with this proved address: whoever has its password may link the login. Nothing was made. */
export class LinkOffered extends Error {
  override readonly name = 'LinkOffered';
  readonly userId: string;

  constructor(userId: string) {
    super('the address belongs to an account');
    this.userId = userId;
  }
}

/** The rounds of a race: an account or login that appears meanwhile is found the next time. */
const ROUNDS = 3;

/**
 * The account of somebody whom a provider has sent; made where there is none. By issuer and subject alone: an address finds nobody.
 *
 * @throws {LinkOffered}
 * @throws {Problem} `account/refused`, `social/email-unverified`, `request/too-many`, `server/hook`
 * @see docs/adr/0056
 */
export async function findOrMakeAccount(context: ServerContext, arrival: Arrival): Promise<User> {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const user = (await findAccount(context, arrival)) ?? (await makeAccount(context, arrival));
    if (user !== undefined) return user;
  }
  throw new Error('unreachable: an account that was there is not');
}

async function findAccount(context: ServerContext, { provider, profile, tokens }: Arrival): Promise<User | undefined> {
  const { settings, store } = context;
  const found = await store.findLogin(profile.issuer, profile.subject);
  if (found === undefined) return undefined;
  const { login, user } = found;
  if (user.disabledAt !== undefined) throw new Problem('account/refused', { detail: 'this account is suspended' });
  if (settings.requireVerifiedEmail && user.emailVerifiedAt === undefined) throw new Problem('social/email-unverified');
  await store.noteLogin(login.id, {
    email: profile.email,
    tokens: keptTokens(context, { provider, profile, tokens }),
  });
  return user;
}

/** @returns undefined where somebody else was quicker. */
async function makeAccount(context: ServerContext, arrival: Arrival): Promise<User | undefined> {
  const { settings, store, hooks, limits } = context;
  const { profile, provider, ip } = arrival;
  const proved = profile.emailVerified ? profile.email : undefined;
  const owner = proved === undefined ? undefined : await store.findUserByEmail(proved);
  if (owner !== undefined) return claimAccount(context, arrival, owner);
  if (settings.requireVerifiedEmail && proved === undefined) throw new Problem('social/email-unverified');

  await limits.countSignUp(ip);
  await hooks.beforeSignUp({
    email: profile.email,
    emailVerified: proved !== undefined,
    provider: provider.id,
    name: profile.name,
    ip,
  });
  const made = await store.createUserWithLogin(
    {
      // an address that nobody has proved takes no place that somebody could be waiting for
      email: proved ?? makeNoAddress(context.random),
      emailVerified: proved !== undefined,
      name: profile.name,
      picture: profile.picture,
      locale: profile.locale ?? arrival.locale,
      ip,
    },
    toNewLogin(context, arrival),
  );
  if (made.status !== 'created') return undefined;
  settings.log({ level: 'info', event: 'sign-up.accepted', user: made.user.id, provider: provider.id });
  if (proved === undefined && profile.email !== undefined) await sendAddressLink(context, made.user, profile.email);
  return made.user;
}

/** Somebody has proved the address of an account. If nobody had before them, it is theirs now and nobody else's. */
async function claimAccount(context: ServerContext, arrival: Arrival, owner: User): Promise<User | undefined> {
  const { settings, store, mailer, feed } = context;
  const { ip, provider } = arrival;
  if (owner.emailVerifiedAt !== undefined || owner.roles.length > 0 || owner.disabledAt !== undefined)
    throw new LinkOffered(owner.id);
  const claimed = await store.claimUser(
    { userId: owner.id, credentialVersion: owner.credentialVersion },
    toNewLogin(context, arrival),
    (user) => ({
      mails: mailer.write({ ...user, userId: user.id }, 'account-claimed', {
        ...eventNow(context, ip),
        provider: provider.name,
      }),
      audit: [
        { event: 'account-claimed', outcome: 'success', userId: user.id, actor: user.id, ip, reason: provider.id },
      ],
    }),
  );
  if (claimed.status !== 'claimed') return undefined;
  settings.log({ level: 'warn', event: 'account.claimed', user: owner.id, provider: provider.id });
  mailer.kick();
  // what the one before had in hand is refused everywhere before the other is let in
  await feed.publish();
  return claimed.user;
}

export function toNewLogin(
  context: ServerContext,
  arrival: Pick<Arrival, 'provider' | 'profile' | 'tokens'>,
): NewLogin {
  const { provider, profile } = arrival;
  return {
    provider: provider.id,
    issuer: profile.issuer,
    subject: profile.subject,
    email: profile.email,
    tokens: keptTokens(context, arrival),
  };
}

function keptTokens(
  { secrets }: ServerContext,
  { provider, profile, tokens }: Pick<Arrival, 'provider' | 'profile' | 'tokens'>,
): SealedTokens | undefined {
  return provider.keepsTokens && tokens !== undefined ? sealTokens(secrets, profile, tokens) : undefined;
}
