import * as crypto from 'node:crypto';
import * as jose from 'jose';
import type { AgreementVector } from './vector-file.ts';

// What others say of a vector, so that one with a slip of the pen is noticed, not tested.

const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');

/** The payload of a signed token, by jose. */
export async function payloadByJose(token: string, key: object, alg: string): Promise<Uint8Array> {
  return (await jose.compactVerify(token, await jose.importJWK(key as jose.JWK, alg))).payload;
}

/** The plaintext of an encrypted token: by jose, and for RSA1_5, which jose has no more, by node:crypto. */
export async function plaintextByOthers(token: string, key: object, alg: string): Promise<string> {
  if (alg === 'RSA1_5') return openRsa15(token, key).toString();
  const { plaintext } = await jose.compactDecrypt(token, await jose.importJWK(key as jose.JWK, alg));
  return Buffer.from(plaintext).toString();
}

/** RSA1_5 with A128CBC-HS256. RFC 7518 §4.2, §5.2.2. Without padding checks: good for vectors and nothing else. */
function openRsa15(token: string, key: object): Buffer {
  const [header = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = token.split('.');
  const object = crypto.createPrivateKey({ key: key as crypto.webcrypto.JsonWebKey, format: 'jwk' });
  const padded = crypto.privateDecrypt({ key: object, padding: crypto.constants.RSA_NO_PADDING }, bytes(encryptedKey));
  const contentKey = padded.subarray(-32);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(header.length * 8));
  const mac = crypto.createHmac('sha256', contentKey.subarray(0, 16));
  const expected = mac
    .update(header)
    .update(bytes(iv))
    .update(bytes(ciphertext))
    .update(length)
    .digest()
    .subarray(0, 16);
  if (!expected.equals(bytes(tag))) throw new Error('the tag does not fit');
  const decipher = crypto.createDecipheriv('aes-128-cbc', contentKey.subarray(16), bytes(iv));
  return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]);
}

/** What two keys agree on, from one side, by node:crypto. */
export function agree(mine: object, theirs: object): Buffer {
  const { d: _, ...half } = theirs as { readonly d?: string };
  return crypto.diffieHellman({
    privateKey: crypto.createPrivateKey({ key: mine as crypto.webcrypto.JsonWebKey, format: 'jwk' }),
    publicKey: crypto.createPublicKey({ key: half as crypto.webcrypto.JsonWebKey, format: 'jwk' }),
  });
}

/** Concat KDF with one round. RFC 7518 §4.6.2 */
export function derive(secret: Uint8Array, { enc = '', apu = '', apv = '', bits = 0 }: AgreementVector): Buffer {
  const number = (value: number): Buffer => {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(value);
    return word;
  };
  const prefixed = (text: string): Buffer => Buffer.concat([number(text.length), Buffer.from(text)]);
  const input = [number(1), secret, prefixed(enc), prefixed(apu), prefixed(apv), number(bits)];
  return crypto
    .createHash('sha256')
    .update(Buffer.concat(input))
    .digest()
    .subarray(0, bits / 8);
}
