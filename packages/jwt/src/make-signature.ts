import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { AlgorithmRow, PairFamily } from './algorithms.ts';
import { derToJose } from './ecdsa-signature.ts';
import type { KeyMaterial } from './keys.ts';
import { scratch, signedPart } from './scratch.ts';

/** Signs ASCII text under one key: two parts that follow one another, of at most 65,536 characters together. Signatures are base64url. */
export interface SignatureMaker {
  sign(prefix: string, text: string): string;
  /** The same on the thread pool. */
  signAsync(prefix: string, text: string): Promise<string>;
  /** Characters of each signature. */
  readonly characters: number;
}

/** All work that a key needs once is done here. */
export function bindSignatureMaker({ row, object, hmac }: Omit<KeyMaterial, 'operations'>): SignatureMaker {
  const bytes = row.signatureBytes || Math.ceil((object.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  const making = hmac ?? MAKERS[row.family as PairFamily](row, object);
  return { sign: making.sign, signAsync: making.signAsync, characters: Math.ceil((bytes * 4) / 3) };
}

type Making = Pick<SignatureMaker, 'sign' | 'signAsync'>;

const MAKERS: Readonly<Record<PairFamily, (row: AlgorithmRow, object: KeyObject) => Making>> = {
  rsa: (row, object) => openSslMaker(row, object, encode),
  pss(row, object) {
    const key = { key: object, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: row.hashBytes };
    return openSslMaker(row, key, encode);
  },
  ecdsa: (row, object) => openSslMaker(row, object, (der) => encodeDer(der, row)),
  pure: (row, object) => openSslMaker(row, object, encode),
};

type SignKey = KeyObject | { readonly key: KeyObject; readonly padding: number; readonly saltLength: number };

function openSslMaker({ hash }: AlgorithmRow, key: SignKey, toText: (signature: Buffer) => string): Making {
  const { input } = scratch;
  return {
    sign(prefix, text) {
      input.write(prefix, 0, 'latin1');
      input.write(text, prefix.length, 'latin1');
      return toText(crypto.sign(hash, signedPart(prefix.length + text.length), key));
    },
    signAsync(prefix, text) {
      const data = Buffer.from(prefix + text, 'latin1');
      return new Promise((resolve, reject) => {
        crypto.sign(hash, data, key, (error, signature) =>
          error === null ? resolve(toText(signature)) : reject(error),
        );
      });
    },
  };
}

function encode(signature: Buffer): string {
  return signature.toString('base64url');
}

/** An ECDSA signature in DER as r || s in base64url. @throws {TypeError} when it is no such signature. */
export function encodeDer(der: Uint8Array, { signatureBytes }: AlgorithmRow): string {
  const { signature } = scratch;
  if (!derToJose(der, signatureBytes / 2, signature)) throw new TypeError('this is no ECDSA signature in DER');
  return signature.toString('base64url', 0, signatureBytes);
}
