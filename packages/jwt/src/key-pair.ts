import type { KeyObject } from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { bindSignatureCheck } from './check-signature.ts';
import { KeyRejected } from './errors.ts';
import { bindSignatureMaker } from './make-signature.ts';

/**
 * Refuses a private key whose public half is somebody else's: OpenSSL takes both as they stand, and its tokens would verify
 * nowhere, or give the private half away.
 *
 * @throws {KeyRejected} `key/malformed`
 */
export function checkPair(row: AlgorithmRow, privateObject: KeyObject, publicObject: KeyObject): void {
  if (!signsFor(row, privateObject, publicObject)) throw new KeyRejected('key/malformed');
}

function signsFor(row: AlgorithmRow, privateObject: KeyObject, publicObject: KeyObject): boolean {
  try {
    const signature = bindSignatureMaker({ row, object: privateObject, hmac: undefined }).sign('', 'x');
    return bindSignatureCheck(row, publicObject).check(`x.${signature}`, 1);
  } catch {
    // OpenSSL refuses to sign with RSA numbers that don't belong together
    return false;
  }
}
