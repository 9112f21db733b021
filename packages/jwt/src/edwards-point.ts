import type { AlgorithmRow } from './algorithms.ts';
import { KeyRejected } from './errors.ts';

/** A curve a·x² + y² = 1 + d·x²·y² over the numbers modulo p. RFC 8032 §5.1, §5.2 */
interface EdwardsCurve {
  readonly p: bigint;
  readonly a: bigint;
  readonly d: bigint;
  /** The cofactor is 2 to this power: so many doublings take every point of small order to the neutral one. */
  readonly doublings: number;
  /** Bits of y in the encoding; the last bit of all is the sign of x. */
  readonly bits: bigint;
}

const P25519 = 2n ** 255n - 19n;
const P448 = 2n ** 448n - 2n ** 224n - 1n;
const CURVES: Readonly<Record<string, () => EdwardsCurve>> = {
  Ed25519: () => ({
    p: P25519,
    a: P25519 - 1n,
    d: modulo(-121_665n * inverse(121_666n, P25519), P25519),
    doublings: 3,
    bits: 255n,
  }),
  Ed448: () => ({ p: P448, a: 1n, d: P448 - 39_081n, doublings: 2, bits: 455n }),
};

/**
 * Refuses bytes that are no point of the curve, and the few points under which signatures for any message can be made by anyone.
 *
 * @throws {KeyRejected} `key/malformed`, `key/weak`
 * @see RFC 8032 §5.1.3, §5.2.3, RFC 8725 §3.4
 */
export function checkEdwardsPoint({ crv = '' }: AlgorithmRow, encoded: Uint8Array): void {
  const curve = CURVES[crv]?.();
  if (curve === undefined) return;
  const { p, a, d } = curve;
  const y = littleEndian(encoded) & (2n ** curve.bits - 1n);
  if (y >= p) throw new KeyRejected('key/malformed');
  // only x² is needed: x² = (1 − y²) / (a − d·y²), which has to be a square
  const xx = modulo((1n - y * y) * inverse(modulo(a - d * y * y, p), p), p);
  if (xx !== 0n && power(xx, (p - 1n) / 2n, p) !== 1n) throw new KeyRejected('key/malformed');
  if (hasSmallOrder({ xx, y }, curve)) throw new KeyRejected('key/weak');
}

function hasSmallOrder(point: { readonly xx: bigint; readonly y: bigint }, { p, a, doublings }: EdwardsCurve): boolean {
  let { xx, y } = point;
  for (let times = 0; times < doublings; times++) {
    const sum = modulo(a * xx + y * y, p);
    const x2 = modulo(4n * xx * y * y * inverse(modulo(sum * sum, p), p), p);
    y = modulo((y * y - a * xx) * inverse(modulo(2n - sum, p), p), p);
    xx = x2;
  }
  return xx === 0n && y === 1n;
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex') || '0'}`);
}

function modulo(value: bigint, p: bigint): bigint {
  const rest = value % p;
  return rest < 0n ? rest + p : rest;
}

function inverse(value: bigint, p: bigint): bigint {
  return power(value, p - 2n, p);
}

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  let square = modulo(base, p);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * square) % p;
    square = (square * square) % p;
  }
  return result;
}
