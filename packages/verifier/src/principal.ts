import { type JwtClaims, TokenRejected, timeOfId } from '@mapae/jwt';
import { refuse } from './refusal.ts';

/** Who calls, as an accepted access token says. Frozen. */
export interface Principal {
  /** `sub`: the user's id. */
  readonly subject: string;
  /** `sid`; undefined where no session is behind the token. */
  readonly sessionId: string | undefined;
  /** `client_id` */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** `jti` */
  readonly tokenId: string;
  /** `iat`, whole seconds since 1970. */
  readonly issuedAt: number;
  /** `exp`, whole seconds since 1970. */
  readonly expiresAt: number;
  /** All claims, verified. */
  readonly claims: JwtClaims;
}

/**
 * Reads the claims of an access token after they were verified.
 *
 * @param timedIds True where revocations are followed: ids then have to carry their time, or a cut-off couldn't reach the token.
 * @throws {TokenRejected} `token/claim`
 * @throws {RequestRefused} `token/bound`
 * @see RFC 9068 §2.2, §4
 */
export function readPrincipal(claims: JwtClaims, timedIds: boolean): Principal {
  // RFC 9449 §7.2, RFC 8705 §3: a bound token is never good as a bearer token
  if (claims['cnf'] !== undefined) throw refuse('token/bound');
  const { sub, jti, iat, exp, sid, client_id: clientId, scope = '' } = claims;
  if (sub === undefined) throw new TokenRejected('token/claim', 'sub');
  if (iat === undefined) throw new TokenRejected('token/claim', 'iat');
  if (exp === undefined) throw new TokenRejected('token/claim', 'exp');
  if (typeof clientId !== 'string' || clientId === '') throw new TokenRejected('token/claim', 'client_id');
  if (sid !== undefined && !(typeof sid === 'string' && sid !== '')) throw new TokenRejected('token/claim', 'sid');
  if (typeof scope !== 'string') throw new TokenRejected('token/claim', 'scope');
  if (jti === undefined || (timedIds && timeOfId(jti) === undefined)) throw new TokenRejected('token/claim', 'jti');
  if (timedIds && sid !== undefined && timeOfId(sid) === undefined) throw new TokenRejected('token/claim', 'sid');
  return Object.freeze({
    subject: sub,
    sessionId: sid,
    clientId,
    scopes: Object.freeze(scope.split(' ').filter((one) => one !== '')),
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
    claims,
  });
}
