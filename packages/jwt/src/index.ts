export type { Algorithm } from './algorithms.ts';
export { Base64urlMalformed, decodeBase64url, encodeBase64url } from './base64url.ts';
export type { JwtClaims } from './claims.ts';
export {
  decode,
  TokenUndecodable,
  type UnverifiedClaims,
  type UnverifiedHeader,
  type UnverifiedToken,
} from './decode.ts';
export {
  KEY_ERRORS,
  type KeyErrorCode,
  KeyRejected,
  SIGNING_ERRORS,
  type SigningErrorCode,
  SigningRefused,
  TOKEN_ERRORS,
  type TokenErrorCode,
  TokenRejected,
} from './errors.ts';
export {
  exportPrivateJwk,
  exportPublicJwk,
  exportSecretJwk,
  type ImportOptions,
  importPrivateJwk,
  importPublicJwk,
  importSecret,
  importSecretJwk,
} from './import-key.ts';
export type { Jwk, JwkSet } from './jwk.ts';
export { createKeySet, importJwkSet, type KeySet } from './key-set.ts';
export {
  generatePrivateKey,
  generatePrivateKeyAsync,
  generateSecretKey,
  type KeyOptions,
  type PrivateKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  thumbprint,
} from './keys.ts';
export { createJwtSigner, type JwtSigner, type JwtSignerOptions } from './sign.ts';
export type { SchemaResult, StandardSchema } from './standard-schema.ts';
export { JsonMalformed, parseStrictJson } from './strict-json.ts';
export { generateTimeOrderedId, timeOfId } from './time-ordered-id.ts';
export { createTokenCache, type TokenCache, type TokenCacheOptions } from './token-cache.ts';
export type { Verified } from './verified.ts';
export {
  type Clock,
  createJwtVerifier,
  type JwtVerifier,
  type JwtVerifierOptions,
  type SignedToken,
} from './verify.ts';
