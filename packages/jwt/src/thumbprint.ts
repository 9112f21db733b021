import * as crypto from 'node:crypto';
import type { Jwk } from './jwk.ts';

/** Required members of each key type, in the order of their names. RFC 7638 §3.2, RFC 8037 §2, RFC 9964 §3 */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
  oct: ['k', 'kty'],
  AKP: ['alg', 'kty', 'pub'],
};

/**
 * Thumbprint of a key: SHA-256 over its required members.
 *
 * @returns base64url, 43 characters.
 * @throws {TypeError} for a key type without a row.
 * @see RFC 7638 §3
 */
export function thumbprintOfJwk(jwk: Jwk): string {
  const required = REQUIRED[jwk.kty];
  if (required === undefined) throw new TypeError('kty has no thumbprint');
  const members = jwk as unknown as Readonly<Record<string, unknown>>;
  const canonical = JSON.stringify(Object.fromEntries(required.map((name) => [name, members[name]])));
  return crypto.hash('sha256', canonical, 'base64url');
}
