import * as crypto from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { KeyRejected } from './errors.ts';

const LONG_FORM = 0x80;

/**
 * An RSA key that its encoding ties to PSS (RFC 4055 §1.2), as a plain RSA key: JWK has no form for it. Its hash has to be that of the
 * algorithm, and its least salt no longer than what RFC 7518 §3.5 prescribes; the tie itself is that the key is made for one algorithm.
 *
 * @returns Any other key object as it is.
 * @throws {KeyRejected} `key/type`
 */
export function unwrapPss(row: AlgorithmRow, object: crypto.KeyObject): crypto.KeyObject {
  if (object.asymmetricKeyType !== 'rsa-pss') return object;
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength } = object.asymmetricKeyDetails ?? {};
  if (row.family !== 'pss' || !allows(hashAlgorithm, row) || !allows(mgf1HashAlgorithm, row))
    throw new KeyRejected('key/type');
  if ((saltLength ?? 0) > row.hashBytes) throw new KeyRejected('key/type');
  if (object.type === 'private') {
    const { value } = lastElement(object.export({ format: 'der', type: 'pkcs8' }));
    return crypto.createPrivateKey({ key: value, format: 'der', type: 'pkcs1' });
  }
  // a BIT STRING says first how many bits of its last byte don't count
  const { value } = lastElement(object.export({ format: 'der', type: 'spki' }));
  return crypto.createPublicKey({ key: value.subarray(1), format: 'der', type: 'pkcs1' });
}

/** A key without parameters allows any hash. */
function allows(hash: string | undefined, row: AlgorithmRow): boolean {
  return hash === undefined || hash === row.hash;
}

/** The last element of a DER sequence: both encodings hold the RSA numbers there. RFC 5280 §4.1, RFC 5958 §2 */
function lastElement(der: Buffer): { readonly value: Buffer } {
  let rest = contentOf(der, 0).value;
  for (;;) {
    const element = contentOf(rest, 0);
    if (element.end >= rest.length) return element;
    rest = rest.subarray(element.end);
  }
}

function contentOf(der: Buffer, at: number): { readonly value: Buffer; readonly end: number } {
  const first = der[at + 1] ?? 0;
  const extra = first < LONG_FORM ? 0 : first - LONG_FORM;
  const start = at + 2 + extra;
  const length = extra === 0 ? first : der.readUIntBE(at + 2, extra);
  return { value: der.subarray(start, start + length), end: start + length };
}
