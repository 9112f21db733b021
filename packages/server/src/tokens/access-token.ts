import { generateTimeOrderedId } from '@mapae/jwt';
import { rememberSigner } from '../keys/remember-signer.ts';
import { DEFAULT_ALG } from '../keys/signing-algs.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { ACCOUNT_SCOPE, type Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import type { Grant } from '../stores/store.ts';

/** What an access token is made for: one resource, and scopes of it. */
export interface Target {
  readonly audience: string;
  /** Every scope of the resource that was asked for. */
  readonly scopes: readonly string[];
}

export interface IssueRequest {
  readonly grant: Grant;
  readonly target: Target;
  /** The store's now, milliseconds. */
  readonly now: number;
  /** The time in its `jti`, milliseconds: later than every cut-off that applies, and covered by the next one. */
  readonly tokensFrom: number;
  readonly roles: readonly string[];
  /** Of the application's; never one of the server's own names. */
  readonly extraClaims: Readonly<Record<string, unknown>>;
}

export interface IssuedAccessToken {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly scope: string;
}

export interface AccessTokens {
  issue(request: IssueRequest): IssuedAccessToken;
}

/** Makes access tokens. RFC 9068 §2 */
export function createAccessTokens(
  settings: Settings,
  keys: Pick<SigningKeys, 'active'>,
  random: (bytes: number) => Uint8Array,
): AccessTokens {
  const signerOf = rememberSigner({ typ: 'at+jwt' });
  const algs = new Map(settings.resources.map(({ identifier, signingAlg }) => [identifier, signingAlg]));
  return {
    issue({ grant, target, now, tokensFrom, roles, extraClaims }) {
      const iat = Math.floor(now / 1_000);
      const scope = target.scopes.filter((one) => grant.scope.includes(one)).join(' ');
      const key = keys.active(algs.get(target.audience) ?? DEFAULT_ALG);
      const accessToken = signerOf(key).sign({
        ...extraClaims,
        iss: settings.issuer,
        aud: target.audience,
        sub: grant.userId,
        client_id: grant.clientId,
        ...(grant.sessionId === undefined ? {} : { sid: grant.sessionId }),
        jti: generateTimeOrderedId(tokensFrom, random),
        iat,
        exp: iat + settings.accessTokenSeconds,
        scope,
        // RFC 9068 §2.2.3.1
        ...(roles.length === 0 ? {} : { roles }),
      });
      return { accessToken, expiresIn: settings.accessTokenSeconds, scope };
    },
  };
}

/**
 * What a request asks an access token for. Without a resource: the account API, which is an audience of its own.
 *
 * @param scope Scopes separated by spaces; they may only narrow.
 * @throws {Problem} `invalid_target`, `invalid_scope`
 * @see RFC 8707 §2, RFC 6749 §3.3
 */
export function findTarget(settings: Settings, resource: string | undefined, scope: string | undefined): Target {
  const audience = resource ?? settings.issuer;
  const available = scopesOf(settings, audience);
  if (available === undefined)
    throw new Problem('invalid_target', { detail: 'resource must be the issuer or an API that this server knows' });
  if (scope === undefined) return { audience, scopes: available };
  const asked = new Set(scope.split(' ').filter((one) => one !== ''));
  if (asked.size === 0 || [...asked].some((one) => !available.includes(one))) throw new Problem('invalid_scope');
  return { audience, scopes: available.filter((one) => asked.has(one)) };
}

/** Every scope that a first-party grant holds: all there are, less those of the resource that were not asked for. */
export function grantScope(settings: Settings, target: Target): readonly string[] {
  const left = (scopesOf(settings, target.audience) ?? []).filter((one) => !target.scopes.includes(one));
  const all = [ACCOUNT_SCOPE, ...settings.resources.flatMap(({ scopes }) => scopes)];
  return [...new Set(all)].filter((one) => !left.includes(one));
}

function scopesOf(settings: Settings, audience: string): readonly string[] | undefined {
  if (audience === settings.issuer) return [ACCOUNT_SCOPE];
  return settings.resources.find(({ identifier }) => identifier === audience)?.scopes;
}
