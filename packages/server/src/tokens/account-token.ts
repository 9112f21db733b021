import { createJwtVerifier, type JwtVerifier, rememberTokens, TokenRejected, timeOfId } from '@mapae/jwt';
import type { ServerContext } from '../context.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { ACCOUNT_SCOPE, FIRST_PARTY_CLIENT, type Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import type { Session } from '../stores/session-store.ts';
import type { User } from '../stores/user-store.ts';

/** Who calls the account API. */
export interface AccountPrincipal {
  readonly user: User;
  readonly session: Session;
}

const TOLERANCE_SECONDS = 10;

/** Verifies tokens for the account API: the audience is the issuer itself. */
export function createAccountTokens(settings: Settings, keys: SigningKeys, clock: () => number): JwtVerifier {
  return createJwtVerifier({
    keys: keys.keySet,
    issuer: settings.issuer,
    audience: settings.issuer,
    typ: 'at+jwt',
    clock,
    clockToleranceSeconds: TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'client_id', 'sid', 'jti', 'iat', 'scope'],
    // that the signature holds is remembered; times, session and cut-offs are looked at each time
    cache: rememberTokens({ maxEntries: 1_000, maxBytes: 2 ** 20 }),
  });
}

/**
 * Authenticates a request to the account API, by the header only. This API is the authority on sessions, so it looks: a session that
 * has ended is refused at once.
 *
 * @throws {Problem} `request/authorization`, `invalid_token`, `insufficient_scope`
 * @see RFC 6750 §2.1, §3
 */
export async function authenticateAccount(context: ServerContext, request: Request): Promise<AccountPrincipal> {
  const { settings, store, accountTokens } = context;
  const claims = verify(accountTokens, bearerToken(request));
  const { sub, sid, jti, client_id: clientId, scope } = claims;
  if (typeof sub !== 'string' || typeof sid !== 'string' || typeof jti !== 'string' || typeof scope !== 'string')
    throw refused();
  if (clientId !== FIRST_PARTY_CLIENT && !settings.clients.some(({ id }) => id === clientId)) throw refused();
  if (!scope.split(' ').includes(ACCOUNT_SCOPE)) {
    throw new Problem('insufficient_scope', {
      headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${ACCOUNT_SCOPE}"` },
    });
  }
  const found = await store.findSessionWithUser(sid);
  if (found === undefined) throw refused();
  const { user, session } = found;
  if (user.id !== sub || user.disabledAt !== undefined || session.endedAt !== undefined) throw refused();
  if ((timeOfId(jti) ?? 0) <= user.tokensCutoff || session.createdAt <= user.sessionsCutoff) throw refused();
  return { user, session };
}

function bearerToken(request: Request): string {
  const header = request.headers.get('authorization');
  if (header === null) throw challenge();
  // two headers arrive joined by a comma, which no token holds
  if (header.includes(',')) throw new Problem('request/authorization');
  const [scheme = '', token = '', more] = header.split(' ');
  if (scheme.toLowerCase() !== 'bearer' || token === '' || more !== undefined) throw challenge();
  return token;
}

function verify(verifier: JwtVerifier, token: string) {
  try {
    return verifier.verify(token);
  } catch (error) {
    if (error instanceof TokenRejected) throw refused(error.code);
    throw error;
  }
}

/** RFC 6750 §3.1: no error code where no credentials came. */
function challenge(): Problem {
  return new Problem('invalid_token', { headers: { 'www-authenticate': 'Bearer' } });
}

function refused(reason = 'token/revoked'): Problem {
  return new Problem('invalid_token', {
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    members: { reason },
  });
}
