export { createJweDecrypter, type Decrypted, type JweDecrypter, type JweDecrypterOptions } from './decrypt.ts';
export { createJweEncrypter, type JweEncrypter, type JweEncrypterOptions } from './encrypt.ts';
export {
  createDecryptionKeySet,
  type DecryptionKey,
  type DecryptionKeyOptions,
  type DecryptionKeySet,
  type EncryptionKey,
  type EncryptionKeyOptions,
  encryptionKeyOf,
  generateDecryptionKey,
  generateSharedEncryptionKey,
  type SharedEncryptionKey,
} from './encryption-keys.ts';
export {
  exportDecryptionJwk,
  exportEncryptionJwk,
  exportSharedEncryptionJwk,
  type ImportEncryptionOptions,
  importDecryptionJwk,
  importEncryptionJwk,
  importSharedEncryptionJwk,
  importSharedEncryptionSecret,
} from './import-encryption-key.ts';
export type { JweHeader } from './jwe-header.ts';
export type { EncryptionCurve, KeyManagementAlgorithm } from './key-management.ts';
export {
  createEncryptedJwtSigner,
  createEncryptedJwtVerifier,
  createNestedJwtOpener,
  type EncryptedJwtSigner,
  type EncryptedJwtSignerOptions,
  type EncryptedJwtVerifier,
  type EncryptedJwtVerifierOptions,
  type NestedJwtOpener,
  type OpenedJwt,
} from './nested.ts';
