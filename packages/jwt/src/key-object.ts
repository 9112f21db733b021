import type { KeyObject } from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import { isSupported } from './runtime-support.ts';

/** Makes a key object. @throws {KeyRejected} `key/unsupported` where the runtime can't, else `key/malformed` */
export function makeKeyObject(row: AlgorithmRow, make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    throw new KeyRejected(isSupported(row) ? 'key/malformed' : 'key/unsupported');
  }
}
