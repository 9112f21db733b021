import type { ServerContext } from '../context.ts';
import type { Provider, SocialProfile } from './provider.ts';
import { formatSealedCookie, hostName, readCookies, sealValue, unsealValue } from './sealed-cookie.ts';

/** A login that was proved at a provider and waits until the account's owner says that it is theirs. In a cookie, sealed. */
export interface PendingLogin {
  readonly provider: string;
  readonly profile: SocialProfile;
  /** Whose account it may be linked with, and nobody else's. */
  readonly userId: string;
  /** The session that began to link; none where the account was found by its address. */
  readonly sessionId: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const PENDING_SECONDS = 600;
const LABEL = 'mapae/pending-login/1';
const nameOf = (issuer: string): string => hostName(issuer, 'mapae-pending-login');

/** The `Set-Cookie` value. */
export function formatPendingLogin(
  { settings, secrets }: ServerContext,
  provider: Provider,
  pending: Pick<PendingLogin, 'profile' | 'userId' | 'sessionId'>,
): string {
  const name = nameOf(settings.issuer);
  const content: PendingLogin = { ...pending, provider: provider.id, at: (settings.clock ?? Date.now)() };
  const value = sealValue(secrets, { name, label: LABEL }, content);
  // for pages of this site alone
  return formatSealedCookie(settings.issuer, name, { value, maxAgeSeconds: PENDING_SECONDS, sameSite: 'Strict' });
}

export function removePendingLogin(issuer: string): string {
  return formatSealedCookie(issuer, nameOf(issuer), { value: '', maxAgeSeconds: 0, sameSite: 'Strict' });
}

/** @returns undefined where there is none, it is too old or it came twice. */
export function readPendingLogin({ settings, secrets }: ServerContext, request: Request): PendingLogin | undefined {
  const name = nameOf(settings.issuer);
  const [cookie, ...more] = readCookies(request).filter((one) => one.name.toLowerCase() === name.toLowerCase());
  if (cookie === undefined || more.length > 0 || cookie.name !== name) return undefined;
  const pending = unsealValue(secrets, { name, label: LABEL }, cookie.value) as PendingLogin | undefined;
  const now = (settings.clock ?? Date.now)();
  return pending === undefined || now - pending.at > PENDING_SECONDS * 1_000 ? undefined : pending;
}
