import { importJwkSet, type JwkSet } from '@mapae/jwt';
import { z } from 'zod';
import { parseAlg } from './keys/signing-algs.ts';

/** One API that access tokens are made for. */
export interface Resource {
  /** What stands in `aud`, byte for byte. An absolute URI without a fragment. RFC 8707 §2 */
  readonly identifier: string;
  readonly scopes: readonly string[];
  /** Algorithm of the tokens for it: what its verifier takes. Default: ES256. */
  readonly signingAlg?: string;
  /**
   * `jwt`: tokens that the API checks by itself. `opaque`: random texts that only this server can tell anything of, kept as a hash; the API asks
   * about each (RFC 7662) and needs `introspection`. Default: `jwt`.
   */
  readonly accessToken?: 'jwt' | 'opaque';
  /** Tokens say when and how the person signed in: what step-up needs (RFC 9470). Some 70 bytes. Default: false. */
  readonly authenticationClaims?: boolean;
  /** Lets the API ask about single tokens of its own. RFC 7662 §2.1. Default: it may not. */
  readonly introspection?: IntrospectionClient;
  /** Encrypts the tokens for it, so that nobody but the API can read them. Default: they are signed only. */
  readonly encryption?: TokenEncryption;
}

/** How an API makes itself known where it asks about tokens. Either of the two, or both. */
export interface IntrospectionClient {
  /** Default: the identifier of the resource. */
  readonly clientId?: string;
  /** For HTTP Basic, each at least 32 characters; several while one takes the place of another. RFC 6749 §2.3.1 */
  readonly secrets?: readonly string[];
  /** Public keys of the API, for signed assertions. RFC 7523 §2.2 */
  readonly keys?: JwkSet;
}

/** Where the API's public key is. ECDH-ES and A256GCM, unless the key says another algorithm. RFC 7516, RFC 7519 §11.2 */
export interface TokenEncryption {
  /** The API's keys; the first one for encryption is taken. */
  readonly keys?: JwkSet;
  /** Address of the API's key set, instead: `https:`, or loopback in development. Read again every ten minutes. */
  readonly jwksUri?: string;
  /** Names of claims that look like secrets or personal data, and may stand in these tokens since only the API reads them. Default: none. */
  readonly confidentialClaims?: readonly string[];
}

const scopeToken = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'is no scope (RFC 6749 §3.3)');

export const signingAlg = z.string().transform((text, context) => {
  try {
    return parseAlg(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is no algorithm of signing keys' });
    return z.NEVER;
  }
});

const jwkSet = z.custom<JwkSet>(
  (value) => Array.isArray((value as Partial<JwkSet> | undefined)?.keys),
  'must be a JWK set',
);

const signatureKeys = jwkSet.transform((jwks, context) => {
  const keys = importJwkSet(jwks);
  if (keys.kids.length > 0) return keys;
  context.addIssue({ code: 'custom', message: 'holds no key that checks signatures' });
  return z.NEVER;
});

const introspection = z
  .strictObject({
    clientId: z
      .string()
      .regex(/^[\x20-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters')
      .optional(),
    secrets: z.array(z.string().min(32, 'is too short: 32 characters from a random source')).min(1).optional(),
    keys: signatureKeys.optional(),
  })
  .refine(({ secrets, keys }) => secrets !== undefined || keys !== undefined, 'needs secrets or keys');

const encryption = z
  .strictObject({
    keys: jwkSet.optional(),
    jwksUri: z.url().optional(),
    confidentialClaims: z.array(z.string().min(1)).default([]),
  })
  .refine(
    ({ keys, jwksUri }) => (keys === undefined) !== (jwksUri === undefined),
    'needs keys or jwksUri, one of them',
  );

export const RESOURCE = z
  .strictObject({
    identifier: z
      .string()
      .refine((text) => URL.canParse(text) && !text.includes('#'), 'must be an absolute URI without a fragment'),
    scopes: z.array(scopeToken).min(1),
    signingAlg: signingAlg.optional(),
    accessToken: z.enum(['jwt', 'opaque']).default('jwt'),
    authenticationClaims: z.boolean().default(false),
    introspection: introspection.optional(),
    encryption: encryption.optional(),
  })
  .refine(
    ({ accessToken, introspection: asks }) => accessToken === 'jwt' || asks !== undefined,
    'opaque tokens need introspection: nobody but this server can tell anything of them',
  )
  .refine(
    ({ accessToken, encryption: encrypts }) => accessToken === 'jwt' || encrypts === undefined,
    'an opaque token holds nothing that could be encrypted',
  );

export type ResourceSettings = Readonly<z.output<typeof RESOURCE>>;
