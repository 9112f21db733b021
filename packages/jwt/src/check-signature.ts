import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { AlgorithmRow, Family } from './algorithms.ts';
import { joseToDer } from './ecdsa-signature.ts';
import { bindHmac } from './hmac.ts';
import { LONGEST_INPUT, scratch } from './scratch.ts';

/** Checks signatures under one key. A token is `<signed text>.<signature>`; `dot` is the place of the dot between them. */
export interface SignatureCheck {
  /** False for a signature that isn't canonical base64url, too. The text before the dot still has to be found canonical. */
  check(token: string, dot: number): boolean;
  /** The same on the thread pool. */
  checkAsync(token: string, dot: number): Promise<boolean>;
}

/** All work that a key needs once is done here. */
export function bindSignatureCheck(row: AlgorithmRow, object: KeyObject): SignatureCheck {
  return CHECKS[row.family](row, object);
}

const CHECKS: Readonly<Record<Family, (row: AlgorithmRow, object: KeyObject) => SignatureCheck>> = {
  hmac(row, object) {
    const hmac = bindHmac(row, object);
    const characters = encodedLength(row.signatureBytes);
    const check = (token: string, dot: number): boolean =>
      token.length - dot - 1 === characters && dot <= LONGEST_INPUT && endsWith(token, dot + 1, hmac(token, dot));
    // done before a thread would have woken up
    return { check, checkAsync: async (token, dot) => check(token, dot) };
  },
  rsa: (row, object) => openSslCheck(row, object, modulusBytes(object)),
  pss(row, object) {
    // RFC 7518 §3.5: the salt is as long as the hash, MGF1 uses the same hash
    const key = { key: object, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: row.hashBytes };
    return openSslCheck(row, key, modulusBytes(object));
  },
  ecdsa(row, object) {
    const half = row.signatureBytes / 2;
    return openSslCheck(row, object, row.signatureBytes, (signature) => joseToDer(signature, half, scratch.der));
  },
  pure: (row, object) => openSslCheck(row, object, row.signatureBytes),
};

type VerifyKey = KeyObject | { readonly key: KeyObject; readonly padding: number; readonly saltLength: number };

function openSslCheck(
  { hash }: AlgorithmRow,
  key: VerifyKey,
  bytes: number,
  convert?: (signature: Buffer) => Buffer,
): SignatureCheck {
  const { input } = scratch;
  const own = scratch.signature.subarray(0, bytes);
  const characters = encodedLength(bytes);

  function readSignature(token: string, dot: number): Buffer | undefined {
    if (token.length - dot - 1 !== characters || dot > LONGEST_INPUT) return undefined;
    const text = token.slice(dot + 1);
    // RFC 7515 §2, RFC 4648 §3.5: one value has one spelling
    if (own.write(text, 'base64url') !== bytes || own.toString('base64url') !== text) return undefined;
    return convert === undefined ? own : convert(own);
  }

  return {
    check(token, dot) {
      const signature = readSignature(token, dot);
      if (signature === undefined) return false;
      input.write(token, 0, dot, 'latin1');
      return crypto.verify(hash, input.subarray(0, dot), key, signature);
    },
    checkAsync(token, dot) {
      const signature = readSignature(token, dot);
      if (signature === undefined) return Promise.resolve(false);
      const data = Buffer.from(token.slice(0, dot), 'latin1');
      const copy = Buffer.from(signature);
      return new Promise((resolve, reject) => {
        crypto.verify(hash, data, key, copy, (error, good) => (error === null ? resolve(good) : reject(error)));
      });
    },
  };
}

/** Characters of so many bytes in base64url. */
function encodedLength(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** RFC 8017 §8.1.2: a signature is exactly as long as the modulus. */
function modulusBytes(object: KeyObject): number {
  return Math.ceil((object.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

/** RFC 7515 §10.9: compares without stopping at the first difference; both have the same length. */
function endsWith(token: string, from: number, expected: string): boolean {
  let difference = 0;
  for (let at = 0; at < expected.length; at++) difference |= expected.charCodeAt(at) ^ token.charCodeAt(from + at);
  return difference === 0;
}
