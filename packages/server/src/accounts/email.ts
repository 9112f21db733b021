/** Longest address in characters. RFC 5321 §4.5.3.1.3, less the angle brackets */
const LONGEST = 254;
// deliberately plain: what is really an address only a mail that arrives can tell
const FORM = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,255}$/u;

/**
 * An e-mail address in the form in which it is stored and compared: no space around it, NFC, lower case.
 *
 * @returns undefined for what can't be an address.
 */
export function normalizeEmail(text: string): string | undefined {
  const email = text.trim().normalize('NFC').toLowerCase();
  return email.length <= LONGEST && FORM.test(email) ? email : undefined;
}
