import { compactDecrypt } from 'jose';
import { Base64urlMalformed, decodeBase64url } from '../base64url.ts';
import { TokenRejected } from '../errors.ts';
import { numberOption, refuseUnknown } from '../options.ts';
import {
  type DecryptionKey,
  type DecryptionKeySet,
  type JweKeyMaterial,
  jweMaterialOf,
  type SharedEncryptionKey,
} from './encryption-keys.ts';
import { type JweHeader, parseJweHeader } from './jwe-header.ts';
import { CONTENT_ENCRYPTION, findKeyManagement } from './key-management.ts';

export interface JweDecrypterOptions {
  /** One key, a set, or a function that gives the set in force. The key decides the algorithm, never the token. */
  readonly keys: DecryptionKey | SharedEncryptionKey | DecryptionKeySet | (() => DecryptionKeySet);
  /** Longest token that is looked at, bytes. 64 to 65,536. Default: 8,192. */
  readonly maxTokenBytes?: number;
}

/** What came out, and of what the header said what the encryption vouches for. */
export interface Decrypted {
  readonly plaintext: Uint8Array;
  readonly kid: string;
  readonly header: JweHeader;
}

export interface JweDecrypter {
  /**
   * Decrypts a token in the order size, segments, header, key, content.
   *
   * That it could be decrypted says nothing about who wrote it: anyone has the public key. Take
   * `createEncryptedJwtVerifier` for tokens.
   *
   * @param token JWE in compact form.
   * @throws {TokenRejected} `token/malformed`, `token/too-long`, `token/header`, `token/critical`, `token/algorithm`,
   *   `token/unknown-key`; `token/decryption` for whatever goes wrong from the encrypted key on.
   * @see RFC 7516 §5.2, §11.5
   */
  decrypt(token: string): Promise<Decrypted>;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createJweDecrypter(options: JweDecrypterOptions): JweDecrypter {
  refuseUnknown(options, ['keys', 'maxTokenBytes']);
  const maxTokenBytes = numberOption('maxTokenBytes', options.maxTokenBytes ?? 8_192, 64, 65_536);
  const findKey = keyFinder(options.keys);
  return Object.freeze({
    async decrypt(token: string): Promise<Decrypted> {
      const segments = split(token, maxTokenBytes);
      const header = parseJweHeader(decodeSegment(segments.header));
      const { kid, material } = findKey(header);
      // RFC 8725 §3.1: the header only says what the key is already known to be
      if (findKeyManagement(header.alg) !== material.row) throw new TokenRejected('token/algorithm', 'alg');
      checkShape(segments, material);
      return { plaintext: await open(token, material), kid, header };
    },
  });
}

interface Segments {
  readonly header: string;
  readonly encryptedKey: string;
  readonly iv: string;
  readonly ciphertext: string;
  readonly tag: string;
}

function split(token: string, maxTokenBytes: number): Segments {
  if (typeof token !== 'string') throw new TokenRejected('token/malformed');
  // before anything is searched for; base64url is one byte a character
  if (token.length > maxTokenBytes) throw new TokenRejected('token/too-long');
  const [header = '', encryptedKey = '', iv = '', ciphertext = '', tag, more] = token.split('.', 6);
  if (tag === undefined || more !== undefined) throw new TokenRejected('token/malformed');
  return { header, encryptedKey, iv, ciphertext, tag };
}

/** One value has one spelling. RFC 7515 §2, RFC 4648 §3.5 */
function decodeSegment(text: string): Uint8Array {
  try {
    return decodeBase64url(text);
  } catch (error) {
    if (error instanceof Base64urlMalformed) throw new TokenRejected('token/malformed');
    throw error;
  }
}

/** What anyone can see from outside: each part is there, spelled canonically, and has its length. RFC 7518 §5.3 */
function checkShape({ encryptedKey, iv, ciphertext, tag }: Segments, { row }: JweKeyMaterial): void {
  const lengths = [encryptedKey, iv, ciphertext, tag].map((segment) => decodeSegment(segment).length);
  const [keyBytes = 0, ivBytes, ciphertextBytes, tagBytes] = lengths;
  const fits =
    keyBytes > 0 === row.carriesKey && ivBytes === IV_BYTES && ciphertextBytes !== 0 && tagBytes === TAG_BYTES;
  if (!fits) throw new TokenRejected('token/malformed');
}

/**
 * RFC 7516 §11.4, §11.5: an ephemeral key off its curve, a content key that can't be unwrapped and a tag that doesn't
 * fit are one and the same refusal. Where unwrapping fails, the content is still tried, with a random key.
 */
async function open(token: string, { row, object }: JweKeyMaterial): Promise<Uint8Array> {
  try {
    const { plaintext } = await compactDecrypt(token, object, {
      keyManagementAlgorithms: [row.alg],
      contentEncryptionAlgorithms: [CONTENT_ENCRYPTION],
    });
    return plaintext;
  } catch {
    throw new TokenRejected('token/decryption');
  }
}

function keyFinder(keys: JweDecrypterOptions['keys']) {
  const single = typeof keys === 'object' && keys !== null && 'kind' in keys ? keys : undefined;
  if (single !== undefined) jweMaterialOf(single, ['decryption', 'shared']);
  else if (typeof keys !== 'function' && typeof (keys as Partial<DecryptionKeySet> | undefined)?.find !== 'function') {
    throw new TypeError('keys must be a key that decrypts, a set of them, or a function that gives a set');
  }
  const find = (kid: string): DecryptionKey | SharedEncryptionKey | undefined => {
    if (single !== undefined) return single.kid === kid ? single : undefined;
    return (typeof keys === 'function' ? keys() : (keys as DecryptionKeySet)).find(kid);
  };
  return (header: JweHeader): { readonly kid: string; readonly material: JweKeyMaterial } => {
    const kid = header.kid ?? single?.kid;
    const key = kid === undefined ? undefined : find(kid);
    if (kid === undefined || key === undefined) throw new TokenRejected('token/unknown-key', 'kid');
    return { kid, material: jweMaterialOf(key, ['decryption', 'shared']) };
  };
}
