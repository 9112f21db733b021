import { type JwtClaims, type StandardSchema, TokenRejected, timeOfId } from '@mapae/jwt';
import { refuse } from './refusal.ts';

/** Who calls, as an accepted access token says. Frozen. */
export interface Principal<C = JwtClaims> {
  /** `iss` */
  readonly issuer: string;
  /** `sub`: the user's id. Unique within its issuer. */
  readonly subject: string;
  /** `sid`; undefined where no session is behind the token. */
  readonly sessionId: string | undefined;
  /** `client_id` */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** `roles`; empty where the token has none. RFC 9068 §2.2.3.1 */
  readonly roles: readonly string[];
  /** `acr`: how the person signed in. RFC 9068 §2.2.1 */
  readonly acr: string | undefined;
  /** `auth_time`: when the person signed in, whole seconds since 1970. RFC 9068 §2.2.1 */
  readonly authenticatedAt: number | undefined;
  /** `jti` */
  readonly tokenId: string;
  /** `iat`, whole seconds since 1970. */
  readonly issuedAt: number;
  /** `exp`, whole seconds since 1970. */
  readonly expiresAt: number;
  /** All claims, verified; of the type that the option `claims` gives them. */
  readonly claims: C;
}

/** How the claims of a token become a principal. */
export interface PrincipalRules<C> {
  /** True where revocations are followed: ids then have to carry their time, or a cut-off couldn't reach the token. */
  readonly timedIds: boolean;
  readonly schema: StandardSchema<C> | undefined;
}

/**
 * Reads the claims of an access token after they were verified. Who calls freezes what comes back.
 *
 * @throws {TokenRejected} `token/claim`
 * @see RFC 9068 §2.2, §4
 */
export function readPrincipal<C>(claims: JwtClaims, { timedIds, schema }: PrincipalRules<C>): Principal<C> {
  const { iss, sub, jti, iat, exp, sid, acr, auth_time: authTime, client_id: clientId, scope = '' } = claims;
  if (iss === undefined) throw new TokenRejected('token/claim', 'iss');
  if (sub === undefined) throw new TokenRejected('token/claim', 'sub');
  if (iat === undefined) throw new TokenRejected('token/claim', 'iat');
  if (exp === undefined) throw new TokenRejected('token/claim', 'exp');
  if (typeof clientId !== 'string' || clientId === '') throw new TokenRejected('token/claim', 'client_id');
  if (sid !== undefined && !(typeof sid === 'string' && sid !== '')) throw new TokenRejected('token/claim', 'sid');
  if (typeof scope !== 'string') throw new TokenRejected('token/claim', 'scope');
  if (acr !== undefined && typeof acr !== 'string') throw new TokenRejected('token/claim', 'acr');
  if (authTime !== undefined && !(Number.isSafeInteger(authTime) && Number(authTime) >= 0))
    throw new TokenRejected('token/claim', 'auth_time');
  if (jti === undefined || (timedIds && timeOfId(jti) === undefined)) throw new TokenRejected('token/claim', 'jti');
  if (timedIds && sid !== undefined && timeOfId(sid) === undefined) throw new TokenRejected('token/claim', 'sid');
  return {
    issuer: iss,
    subject: sub,
    sessionId: sid,
    clientId,
    scopes: Object.freeze(scope.split(' ').filter((one) => one !== '')),
    roles: readRoles(claims['roles']),
    acr,
    authenticatedAt: authTime === undefined ? undefined : Number(authTime),
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
    claims: shape(schema, claims),
  };
}

/**
 * The key that a token is bound to.
 *
 * @returns Its thumbprint; undefined for a bearer token.
 * @throws {RequestRefused} `token/bound` for a binding that isn't understood here: it is never taken for none.
 * @see RFC 7800 §3.1, RFC 9449 §6.1, RFC 8705 §3
 */
export function readKeyBinding({ cnf }: JwtClaims): string | undefined {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null) throw refuse('token/bound');
  const { jkt, ...others } = cnf as Readonly<Record<string, unknown>>;
  if (typeof jkt !== 'string' || jkt === '' || Object.keys(others).length > 0) throw refuse('token/bound');
  return jkt;
}

/** RFC 9068 §2.2.3.1, RFC 7643 §4.1.2: texts, or objects with the role as `value`. */
function readRoles(roles: unknown): readonly string[] {
  if (roles === undefined) return NO_ROLES;
  if (!Array.isArray(roles)) throw new TokenRejected('token/claim', 'roles');
  return Object.freeze(
    roles.map((role: unknown) => {
      const value =
        typeof role === 'object' && role !== null ? (role as Readonly<Record<string, unknown>>)['value'] : role;
      if (typeof value !== 'string') throw new TokenRejected('token/claim', 'roles');
      return value;
    }),
  );
}

const NO_ROLES: readonly string[] = Object.freeze([]);

function shape<C>(schema: StandardSchema<C> | undefined, claims: JwtClaims): C {
  if (schema === undefined) return claims as C;
  const result = schema['~standard'].validate(claims);
  if (result instanceof Promise) throw new TypeError('claims must be a schema that answers at once');
  if (result.issues !== undefined) {
    const name = result.issues[0]?.path?.[0];
    throw new TokenRejected('token/claim', typeof name === 'string' ? name : undefined);
  }
  return result.value;
}
