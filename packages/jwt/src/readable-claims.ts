import type { JwtClaims } from './claims.ts';
import { SigningRefused } from './errors.ts';

/** Words in claim names that mean secrets, or personal data of OpenID Connect Core §5.1 and beyond. */
const SENSITIVE = new Set([
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'credential',
  'credentials',
  'apikey',
  'privatekey',
  'pin',
  'otp',
  'hash',
  'email',
  'mail',
  'phone',
  'mobile',
  'name',
  'nickname',
  'username',
  'surname',
  'firstname',
  'lastname',
  'fullname',
  'address',
  'street',
  'birthdate',
  'birthday',
  'dob',
  'gender',
  'picture',
  'avatar',
  'ssn',
  'passport',
  'iban',
  'card',
  'ip',
]);

/**
 * Refuses claims whose names look like secrets or personal data: anyone who sees a signed token can read it.
 *
 * @throws {SigningRefused} `sign/readable-claim` naming them.
 * @see RFC 7519 §12
 */
export function refuseReadableClaims(claims: JwtClaims, allowed: ReadonlySet<string>): void {
  const found = Object.keys(claims).filter((name) => !allowed.has(name) && looksSensitive(name));
  if (found.length > 0) throw new SigningRefused('sign/readable-claim', found);
}

function looksSensitive(name: string): boolean {
  // `given_name`, `phoneNumber`, `https://example.com/email`: by words, and as one word
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => SENSITIVE.has(word)) || SENSITIVE.has(words.slice(-2).join(''));
}
