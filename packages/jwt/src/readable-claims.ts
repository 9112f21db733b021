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

/** Names that were looked at are remembered, so many: names are the program's, but nothing forces them to be few. */
const REMEMBERED = 1_000;

/** Throws for claims that anyone may not read. */
export type ReadableClaimsCheck = (claims: JwtClaims) => void;

/**
 * Refuses claims whose names look like secrets or personal data: anyone who sees a signed token can read it.
 *
 * @param allowed Names that are wanted all the same.
 * @returns A function that throws {@link SigningRefused} `sign/readable-claim` naming them.
 * @throws {TypeError} when `allowed` is no array of strings.
 * @see RFC 7519 §12
 */
export function createReadableClaimsCheck(allowed: readonly string[]): ReadableClaimsCheck {
  if (!Array.isArray(allowed) || !allowed.every((name) => typeof name === 'string'))
    throw new TypeError('allowReadableClaims must be an array of strings');
  const harmless = new Set(allowed);
  const most = harmless.size + REMEMBERED;

  function isHarmless(name: string): boolean {
    if (harmless.has(name)) return true;
    if (looksSensitive(name)) return false;
    if (harmless.size < most) harmless.add(name);
    return true;
  }

  return (claims) => {
    let found: string[] | undefined;
    for (const name of Object.keys(claims)) if (!isHarmless(name)) found = [...(found ?? []), name];
    if (found !== undefined) throw new SigningRefused('sign/readable-claim', found);
  };
}

function looksSensitive(name: string): boolean {
  // `given_name`, `phoneNumber`, `https://example.com/email`: by words, and as one word
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => SENSITIVE.has(word)) || SENSITIVE.has(words.slice(-2).join(''));
}
