import { importPrivatePem, type PrivateKey, sign } from '@mapae/jwt';
import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { standardClaims } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { type CommonOptions, clientSecret, common, type NativeOptions, native } from '../provider-options.ts';

/** https://developer.apple.com/documentation/signinwithapple */
export interface AppleOptions extends CommonOptions {
  /** Ten characters. */
  readonly teamId: string;
  /** Id of the key, ten characters. */
  readonly keyId: string;
  /** The key's file, PEM (`AuthKey_….p8`). */
  readonly privateKey: string;
  /** The bundle ids of apps. */
  readonly native?: NativeOptions;
}

const privateKey = clientSecret.transform((pem, context): string => {
  try {
    importPrivatePem(pem, { alg: 'ES256' });
    return pem;
  } catch {
    context.addIssue({ code: 'custom', message: 'is no P-256 private key in PEM' });
    return z.NEVER;
  }
});
const tenCharacters = z.string().regex(/^[A-Z0-9]{10}$/, 'has ten characters, capitals and digits');

export const appleOptions = z.strictObject({
  ...common,
  teamId: tenCharacters,
  keyId: tenCharacters,
  privateKey,
  native,
});

const ISSUER = 'https://appleid.apple.com';
/** Apple takes up to six months; one that is made for each request needs no more. */
const SECRET_SECONDS = 300;

export function createApple(options: z.output<typeof appleOptions>, tools: ProviderTools): Provider {
  const key = importPrivatePem(options.privateKey, { alg: 'ES256', kid: options.keyId });
  return connectOidc(
    {
      id: 'apple',
      name: 'Apple',
      options,
      makeClientSecret: () => makeClientSecret(key, options, tools.clock()),
      issuer: ISSUER,
      algorithms: ['RS256'],
      scopes: ['openid', 'email', 'name'],
      // nothing is said of code verifiers: the nonce is what keeps a foreign code out
      pkce: false,
      // "required when requesting scopes"
      answersBy: 'form',
      nonceMayBeHashed: true,
      profile: ({ claims, parameters }) => ({
        ...standardClaims(claims),
        // a text in older answers
        emailVerified: claims['email_verified'] === true || claims['email_verified'] === 'true',
        name: nameOf(parameters.get('user')),
      }),
    },
    tools,
  );
}

/** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
function makeClientSecret(key: PrivateKey, { teamId, clientId }: z.output<typeof appleOptions>, nowMs: number): string {
  const iat = Math.floor(nowMs / 1_000);
  return sign({ iss: teamId, iat, exp: iat + SECRET_SECONDS, aud: ISSUER, sub: clientId }, { key, typ: 'JWT' });
}

/** Comes once, with the first sign-in, and not from Apple's key but from the browser: good for a greeting, for nothing else. */
function nameOf(user: string | null): string | undefined {
  if (user === null || user.length > 2_000) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(user);
  } catch {
    return undefined;
  }
  const { name } = (parsed ?? {}) as { readonly name?: { readonly firstName?: unknown; readonly lastName?: unknown } };
  const parts = [name?.firstName, name?.lastName].filter((part): part is string => typeof part === 'string');
  return parts.join(' ');
}
