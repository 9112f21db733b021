import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { AlgorithmRow, PairFamily } from './algorithms.ts';
import { decodePlain, writePlain } from './canonical.ts';
import { joseToDer } from './ecdsa-signature.ts';
import { LONGEST_INPUT, scratch, signedPart } from './scratch.ts';

/** Checks signatures under one key. A token is `<signed text>.<signature>`; `dot` is the place of the dot between them. */
export interface SignatureCheck {
  /**
   * False for a signature that isn't canonical base64url, too, and for a token that isn't plain ({@link writePlain}). The text before the dot
   * still has to be found canonical.
   */
  check(token: string, dot: number): boolean;
  /** The same on the thread pool. */
  checkAsync(token: string, dot: number): Promise<boolean>;
}

/** All work that a public key needs once is done here. */
export function bindSignatureCheck(row: AlgorithmRow, object: KeyObject): SignatureCheck {
  return CHECKS[row.family as PairFamily](row, object);
}

const CHECKS: Readonly<Record<PairFamily, (row: AlgorithmRow, object: KeyObject) => SignatureCheck>> = {
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
  const characters = Math.ceil((bytes * 4) / 3);

  /** Leaves the token in the scratch input. */
  function readSignature(token: string, dot: number): Buffer | undefined {
    if (token.length - dot - 1 !== characters || token.length > LONGEST_INPUT) return undefined;
    if (!writePlain(token, input, 0) || decodePlain(token.slice(dot + 1), own) !== bytes) return undefined;
    return convert === undefined ? own : convert(own);
  }

  return {
    check(token, dot) {
      const signature = readSignature(token, dot);
      return signature !== undefined && crypto.verify(hash, signedPart(dot), key, signature);
    },
    checkAsync(token, dot) {
      const signature = readSignature(token, dot);
      if (signature === undefined) return Promise.resolve(false);
      const data = Buffer.from(signedPart(dot));
      const copy = Buffer.from(signature);
      return new Promise((resolve, reject) => {
        crypto.verify(hash, data, key, copy, (error, good) => (error === null ? resolve(good) : reject(error)));
      });
    },
  };
}

/** RFC 8017 §8.1.2: a signature is exactly as long as the modulus. */
function modulusBytes(object: KeyObject): number {
  return Math.ceil((object.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}
