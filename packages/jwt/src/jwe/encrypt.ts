import { CompactEncrypt } from 'jose';
import { SigningRefused } from '../errors.ts';
import { numberOption, refuseUnknown, textOption } from '../options.ts';
import { type EncryptionKey, jweMaterialOf, type SharedEncryptionKey } from './encryption-keys.ts';
import { CONTENT_ENCRYPTION } from './key-management.ts';

export interface JweEncrypterOptions {
  /** Who can read what it makes. The key decides `alg`; `enc` is A256GCM. */
  readonly key: EncryptionKey | SharedEncryptionKey;
  /** What is inside: `JWT` for a nested token. RFC 7516 §4.1.12. Default: the header says nothing. */
  readonly cty?: string;
  /** Longest token it makes, bytes. 64 to 65,536. Default: 4,096. */
  readonly budgetBytes?: number;
}

export interface JweEncrypter {
  /**
   * Encrypts bytes for the holder of the key.
   *
   * Who holds a public key can encrypt, and everybody may: the recipient learns nothing about the sender.
   *
   * @returns JWE in compact form.
   * @throws {SigningRefused} `sign/over-budget`
   * @see RFC 7516 §5.1
   */
  encrypt(plaintext: Uint8Array): Promise<string>;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createJweEncrypter(options: JweEncrypterOptions): JweEncrypter {
  refuseUnknown(options, ['key', 'cty', 'budgetBytes']);
  const { row, object } = jweMaterialOf(options.key, ['encryption', 'shared']);
  const budgetBytes = numberOption('budgetBytes', options.budgetBytes ?? 4_096, 64, 65_536);
  const header = {
    alg: row.alg,
    enc: CONTENT_ENCRYPTION,
    ...(options.cty === undefined ? {} : { cty: textOption('cty', options.cty) }),
    kid: options.key.kid,
  };
  return Object.freeze({
    async encrypt(plaintext: Uint8Array): Promise<string> {
      if (!(plaintext instanceof Uint8Array) || plaintext.length === 0)
        throw new TypeError('plaintext must be a Uint8Array with at least one byte');
      const token = await new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(object);
      if (token.length > budgetBytes) throw new SigningRefused('sign/over-budget', []);
      return token;
    },
  });
}
