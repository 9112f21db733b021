import { generateTimeOrderedId } from '@mapae/jwt';
import { rememberSigner } from '../keys/remember-signer.ts';
import { DEFAULT_ALG } from '../keys/signing-algs.ts';
import type { SigningKeys } from '../keys/signing-keys.ts';
import { ACCOUNT_SCOPE, type Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import type { ResourceSettings } from '../resource-options.ts';
import type { Grant } from '../stores/grant-store.ts';
import type { Session } from '../stores/session-store.ts';
import type { Store } from '../stores/store.ts';
import { authenticationClaims } from './authentication-claims.ts';
import { createTokenEncrypter } from './encrypted-tokens.ts';
import { generateOpaqueToken, hashOpaqueToken } from './opaque-token.ts';

/** What an access token is made for: one resource, and scopes of it. */
export interface Target {
  readonly audience: string;
  /** Every scope of the resource that was asked for. */
  readonly scopes: readonly string[];
}

export interface IssueRequest {
  readonly grant: Grant;
  /** None where the grant outlives its session. */
  readonly session: Session | undefined;
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
  /**
   * @throws {SigningRefused} where the claims are too long, or readable and shouldn't be.
   * @throws {Problem} `server/unavailable` where the key of an API can't be had.
   */
  issue(request: IssueRequest): Promise<IssuedAccessToken>;
}

export interface AccessTokensOptions {
  readonly settings: Settings;
  readonly keys: Pick<SigningKeys, 'active'>;
  readonly store: Pick<Store, 'keepAccessToken'>;
  readonly random: (bytes: number) => Uint8Array;
}

/** How the tokens for one audience are made of their claims. */
type Maker = (claims: TokenClaims) => Promise<string>;

type TokenClaims = Readonly<Record<string, unknown>> & { readonly sub: string; readonly exp: number };

/**
 * Makes access tokens. RFC 9068 §2
 *
 * @throws {TypeError} where tokens are to be encrypted, and there is no key or no `jose`.
 */
export async function createAccessTokens({
  settings,
  keys,
  store,
  random,
}: AccessTokensOptions): Promise<AccessTokens> {
  const signerOf = rememberSigner({ typ: 'at+jwt' });
  const resources = new Map(settings.resources.map((resource) => [resource.identifier, resource]));
  const makers = new Map<string, Maker>();
  for (const resource of settings.resources) {
    const maker = await makerOf(resource);
    if (maker !== undefined) makers.set(resource.identifier, maker);
  }

  /** Undefined where they are signed and nothing else. */
  async function makerOf({
    identifier: audience,
    accessToken,
    encryption,
    signingAlg = DEFAULT_ALG,
  }: ResourceSettings): Promise<Maker | undefined> {
    if (accessToken === 'opaque') return keepOpaque;
    if (encryption === undefined) return undefined;
    const { log } = settings;
    const encrypter = await createTokenEncrypter({ encryption, audience, log });
    const innerSignerOf = rememberSigner({ typ: 'at+jwt', allowReadableClaims: encryption.confidentialClaims });
    return (claims) => encrypter.sign(innerSignerOf(keys.active(signingAlg)), claims);
  }

  async function keepOpaque(claims: TokenClaims): Promise<string> {
    const token = generateOpaqueToken(random);
    const { sub: userId, exp } = claims;
    await store.keepAccessToken({ hash: hashOpaqueToken(token), userId, claims, expiresAt: exp * 1_000 });
    return token;
  }

  function sign(claims: TokenClaims, audience: string): string {
    return signerOf(keys.active(resources.get(audience)?.signingAlg ?? DEFAULT_ALG)).sign(claims);
  }

  return {
    async issue({ grant, session, target, now, tokensFrom, roles, extraClaims }) {
      const { audience } = target;
      const iat = Math.floor(now / 1_000);
      const scope = target.scopes.filter((one) => grant.scope.includes(one)).join(' ');
      const claims = {
        ...extraClaims,
        iss: settings.issuer,
        aud: audience,
        sub: grant.userId,
        client_id: grant.clientId,
        ...(grant.sessionId === undefined ? {} : { sid: grant.sessionId }),
        jti: generateTimeOrderedId(tokensFrom, random),
        iat,
        exp: iat + settings.accessTokenSeconds,
        scope,
        // RFC 9068 §2.2.3.1
        ...(roles.length === 0 ? {} : { roles }),
        ...(session !== undefined && resources.get(audience)?.authenticationClaims === true
          ? authenticationClaims(session)
          : {}),
      };
      const make = makers.get(audience);
      const accessToken = make === undefined ? sign(claims, audience) : await make(claims);
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
