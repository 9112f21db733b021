import { hasAddress } from '../accounts/no-address.ts';
import { checkOwnPassword } from '../accounts/own-password.ts';
import { eventNow, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Login } from '../stores/login-store.ts';
import type { AccountPrincipal } from '../tokens/account-token.ts';
import type { TokenAnswerInput } from '../tokens/token-answer.ts';
import { toNewLogin } from './account.ts';
import { type PendingLogin, readPendingLogin, removePendingLogin } from './pending-login.ts';
import type { Provider, SocialProfile } from './provider.ts';

/** A sign-in is a fresh proof for so long. */
export const FRESH_SECONDS = 600;

/**
 * Asks for a proof that is no older than a few minutes: the password, or a sign-in. What a stolen access token alone must not do.
 *
 * @throws {Problem} `account/proof`, `account/credentials`, `request/too-many`
 */
export async function checkFreshProof(
  context: ServerContext,
  principal: AccountPrincipal,
  { password, ip }: { readonly password: string | undefined; readonly ip: string | undefined },
): Promise<void> {
  if (password !== undefined) return checkOwnPassword(context, principal, { typed: password, ip });
  const { settings } = context;
  const age = (settings.clock ?? Date.now)() - principal.session.createdAt;
  if (age > FRESH_SECONDS * 1_000) throw new Problem('account/proof');
}

/** Somebody who never proved an address could be anybody: what they link would stay when its owner comes. docs/adr/0056 */
export function checkMayLink({ user }: AccountPrincipal): void {
  if (hasAddress(user.email) && user.emailVerifiedAt === undefined) throw new Problem('account/unverified');
}

/**
 * Links a login that waits in this browser, if this person's session may say so: the one that began to link, or one that was signed in
 * to with the password after the offer. RFC 9700 §4.7
 *
 * @throws {Problem} `social/state`, `social/login-taken`, `account/proof`
 */
export async function linkPendingLogin(
  context: ServerContext,
  principal: AccountPrincipal,
  {
    pending,
    provider,
    ip,
  }: { readonly pending: PendingLogin; readonly provider: Provider; readonly ip: string | undefined },
): Promise<Login> {
  const { user, session } = principal;
  if (pending.userId !== user.id) throw new Problem('social/state');
  if (pending.sessionId !== undefined) {
    if (pending.sessionId !== session.id) throw new Problem('social/state');
  } else if (session.createdAt < pending.at || !session.amr.includes('pwd')) throw new Problem('account/proof');
  return linkLogin(context, principal, { provider, profile: pending.profile, ip });
}

/** @throws {Problem} `social/login-taken`, `account/proof` */
export async function linkLogin(
  context: ServerContext,
  { user, session }: AccountPrincipal,
  {
    provider,
    profile,
    ip,
  }: { readonly provider: Provider; readonly profile: SocialProfile; readonly ip: string | undefined },
): Promise<Login> {
  const { store, mailer, settings } = context;
  const linked = await store.addLogin(
    { userId: user.id, credentialVersion: user.credentialVersion },
    toNewLogin(context, { provider, profile, tokens: undefined }),
    (owner) => ({
      mails: mailer.write({ ...owner, userId: owner.id }, 'login-linked', {
        ...eventNow(context, ip),
        provider: provider.name,
      }),
      audit: [
        {
          event: 'login-linked',
          outcome: 'success',
          userId: owner.id,
          actor: owner.id,
          sessionId: session.id,
          ip,
          reason: provider.id,
        },
      ],
    }),
  );
  switch (linked.status) {
    case 'added':
      settings.log({ level: 'info', event: 'login.linked', user: user.id, provider: provider.id });
      mailer.kick();
      return linked.login;
    case 'credential-changed':
      throw new Problem('account/proof');
    case 'taken': {
      const found = await store.findLogin(profile.issuer, profile.subject);
      // said twice: it is done
      if (found?.user.id === user.id) return found.login;
      throw new Problem('social/login-taken');
    }
  }
}

/** @throws {Problem} `social/login-unknown`, `social/last-credential` */
export async function unlinkLogin(
  context: ServerContext,
  { user, session }: AccountPrincipal,
  { loginId, ip }: { readonly loginId: string; readonly ip: string | undefined },
): Promise<void> {
  const { store, mailer, settings, providers } = context;
  const login = (await store.listLogins(user.id)).find(({ id }) => id === loginId);
  if (login === undefined) throw new Problem('social/login-unknown');
  const name = providers.get(login.provider)?.name ?? login.provider;
  const removed = await store.removeLogin(user.id, loginId, (owner) => ({
    mails: mailer.write({ ...owner, userId: owner.id }, 'login-unlinked', { ...eventNow(context, ip), provider: name }),
    audit: [
      {
        event: 'login-unlinked',
        outcome: 'success',
        userId: owner.id,
        actor: owner.id,
        sessionId: session.id,
        ip,
        reason: login.provider,
      },
    ],
  }));
  if (removed === 'unknown') throw new Problem('social/login-unknown');
  if (removed === 'last') throw new Problem('social/last-credential');
  settings.log({ level: 'info', event: 'login.unlinked', user: user.id, provider: login.provider });
  mailer.kick();
}

/**
 * Whoever was offered to link a login and has signed in with the password since has it linked; a sign-in that has nothing waiting is not
 * touched.
 *
 * @returns `Set-Cookie` values.
 */
export async function linkWaitingLogin(
  context: ServerContext,
  request: Request,
  { session, grant }: Pick<TokenAnswerInput, 'session' | 'grant'>,
  ip: string | undefined,
): Promise<readonly string[]> {
  const { store, settings, providers } = context;
  const pending = readPendingLogin(context, request);
  const provider = providers.get(pending?.provider ?? '');
  if (pending === undefined || provider === undefined || pending.sessionId !== undefined) return [];
  const user = pending.userId === grant.userId ? await store.findUser(grant.userId) : undefined;
  if (user === undefined || session === undefined) return [];
  try {
    await linkPendingLogin(context, { user, session }, { pending, provider, ip });
  } catch (error) {
    // the sign-in itself went well
    if (!(error instanceof Problem)) throw error;
    settings.log({
      level: 'warn',
      event: 'login.not-linked',
      user: user.id,
      provider: provider.id,
      reason: error.code,
    });
  }
  return [removePendingLogin(settings.issuer)];
}
