import { readCookie } from '../checks/cookie.ts';
import type { ServerContext } from '../context.ts';
import { findAuthenticRefreshToken } from '../grants/authentic-refresh-token.ts';
import { ACCOUNT_SCOPE, FIRST_PARTY_CLIENT } from '../options.ts';
import type { Grant } from '../stores/grant-store.ts';
import type { Session } from '../stores/session-store.ts';
import type { User } from '../stores/user-store.ts';

/** Who is signed in in the browser that asks for a page. */
export interface Visitor {
  readonly user: User;
  readonly session: Session;
  readonly grant: Grant;
}

/**
 * Finds who is signed in, by the refresh cookie. Looks only: the counter stays, so that a page that was never shown costs nobody
 * their session. docs/adr/0050
 *
 * @returns undefined where nobody is: no cookie, a forged or a spent one, or a session that is over.
 * @throws {Problem} `request/cross-origin` when the cookie comes twice.
 */
export async function findVisitor(context: ServerContext, request: Request): Promise<Visitor | undefined> {
  const { settings, store } = context;
  const text = readCookie(settings.issuer, request);
  const token = text === undefined ? undefined : await findAuthenticRefreshToken(context, text);
  if (token === undefined) return undefined;
  const grant = await store.findGrant(token.grantId);
  if (grant?.sessionId === undefined || !isAccountGrant(context, grant)) return undefined;
  const now = (settings.clock ?? Date.now)();
  if (!isSpendable(grant, token.counter, now - settings.retryWindowSeconds * 1_000)) return undefined;
  const found = await store.findSessionWithUser(grant.sessionId);
  if (found === undefined || !isLive(found.session, found.user, now)) return undefined;
  return { ...found, grant };
}

/** What the account API asks of an access token: a first-party client, and the scope for one's own account. */
function isAccountGrant({ settings }: ServerContext, grant: Grant): boolean {
  const { delivery, endedAt, clientId, scope } = grant;
  const isFirstParty = clientId === FIRST_PARTY_CLIENT || settings.clients.some(({ id }) => id === clientId);
  return delivery === 'cookie' && endedAt === undefined && isFirstParty && scope.includes(ACCOUNT_SCOPE);
}

/** The counter that a refresh would take without a key: the current one, or the one before within the retry window. docs/protocol.md §2 */
function isSpendable({ counter, rotatedAt }: Grant, presented: number, windowStart: number): boolean {
  return presented === counter || (presented === counter - 1 && rotatedAt > windowStart);
}

function isLive(session: Session, user: User, now: number): boolean {
  return (
    session.endedAt === undefined &&
    session.idleExpiresAt > now &&
    session.absoluteExpiresAt > now &&
    session.createdAt > user.sessionsCutoff &&
    user.disabledAt === undefined
  );
}
