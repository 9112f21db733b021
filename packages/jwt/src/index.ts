export { ALGORITHMS, type Algorithm, type KeyPairAlgorithm, type SecretAlgorithm } from './algorithms.ts';
export { Base64urlMalformed, decodeBase64url, encodeBase64url } from './base64url.ts';
export type { JwtClaims, RegisteredClaims } from './claims.ts';
export { TokenUndecodable, type UnverifiedClaims, type UnverifiedHeader, type UnverifiedToken } from './decode.ts';
export { decode } from './decode-node.ts';
export { type ErrorRow, KEY_ERRORS, SIGNING_ERRORS, TOKEN_ERRORS } from './error-tables.ts';
export {
  type KeyErrorCode,
  KeyRejected,
  type SigningErrorCode,
  SigningRefused,
  type TokenErrorCode,
  TokenRejected,
} from './errors.ts';
export {
  exportPrivateJwk,
  exportPrivatePem,
  exportPublicJwk,
  exportPublicPem,
  type PrivatePemExportOptions,
} from './export-key.ts';
export {
  createExternalJwtSigner,
  type ExternalJwtSigner,
  type ExternalJwtSignerOptions,
  type ExternalKey,
} from './external-signer.ts';
export {
  type GenerateOptions,
  generatePrivateKey,
  generatePrivateKeyAsync,
  generateSecretKey,
} from './generate-key.ts';
export {
  type ForeignKey,
  importPrivateKey,
  importPublicKey,
  importSecretKey,
  type KeyObjectImportOptions,
} from './import-key-object.ts';
export type { ImportOptions } from './import-options.ts';
export {
  importPrivatePem,
  importPublicPem,
  type PemImportOptions,
  type PrivatePemImportOptions,
} from './import-pem.ts';
export { importPrivateJwk } from './import-private-jwk.ts';
export { importPublicJwk } from './import-public-jwk.ts';
export type { Jwk, JwkSet } from './jwk.ts';
export type { KeySource } from './key-finder.ts';
export {
  createKeySet,
  type ImportedKeySet,
  importJwkSet,
  type JwkSetOptions,
  type KeySet,
  type RefusedJwk,
} from './key-set.ts';
export type { KeyStrength } from './key-strength.ts';
export {
  type Key,
  type KeyOptions,
  type PrivateKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
  thumbprint,
} from './keys.ts';
export { exportSecret, exportSecretJwk, importSecret, importSecretJwk } from './secret-key.ts';
export { createJwtSigner, type JwtSigner, type JwtSignerOptions, sign } from './sign.ts';
export type { TokenOptions } from './signing-input.ts';
export type { SchemaResult, StandardSchema } from './standard-schema.ts';
export { JsonMalformed, parseStrictJson } from './strict-json.ts';
export { generateTimeOrderedId, timeOfId } from './time-ordered-id.ts';
export {
  createTokenCache,
  rememberTokens,
  type TokenCache,
  type TokenCacheOptions,
  type TokenMemory,
} from './token-cache.ts';
export type { Verified } from './verified.ts';
export type { Clock, JwtVerifierOptions } from './verifier-options.ts';
export { createJwtVerifier, type JwtVerifier, type SignedToken, type TypedClaims, verify } from './verify.ts';
