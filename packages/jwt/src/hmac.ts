import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';

/** HMAC of the first `length` characters of an ASCII text, base64url. */
export type Hmac = (text: string, length: number) => string;

const INNER = 0x36;
const OUTER = 0x5c;

/** Text up to this long has its place behind the inner pad for good; longer text is put behind a copy. */
const USUAL = 4_096;

/**
 * HMAC under one secret: its two pads are computed here once, a call hashes twice. Twice as fast as `createHmac`, which makes, feeds
 * and throws away an object for each.
 *
 * @see RFC 2104 §2, RFC 7518 §3.2
 */
export function bindHmac({ hash = 'sha256', hashBytes }: AlgorithmRow, object: KeyObject): Hmac {
  const block = hash === 'sha256' ? 64 : 128;
  const exported = object.export();
  const secret = exported.length > block ? crypto.hash(hash, exported, 'buffer') : exported;
  const inner = Buffer.alloc(block + USUAL, INNER);
  const outer = Buffer.alloc(block + hashBytes, OUTER);
  for (const [at, byte] of secret.entries()) {
    inner[at] = byte ^ INNER;
    outer[at] = byte ^ OUTER;
  }
  return (text, length) => {
    const input = length <= USUAL ? inner : Buffer.concat([inner.subarray(0, block)], block + length);
    // what isn't ASCII is cut to its low byte here: whoever calls refuses such text by comparing it with its canonical form
    input.write(text, block, length, 'latin1');
    outer.write(crypto.hash(hash, input.subarray(0, block + length), 'latin1'), block, 'latin1');
    return crypto.hash(hash, outer, 'base64url');
  };
}
