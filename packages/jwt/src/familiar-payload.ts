import type { JwtClaims } from './claims.ts';
import { Members } from './members.ts';

const TEXT = 1;
const NUMBER = 2;
const ZERO = 0x30;
/** As many digits as any number of them is exact. */
const MOST_DIGITS = 15;
/** How often a payload of another shape is learned: issuers that take turns should not pay for it with each token. */
const LEARNED_IN = 8;

/** In what a byte stands for itself: printable ASCII, but the quote and the backslash, in texts; digits in numbers, too. */
const PLAIN_IN = new Uint8Array(256).fill(TEXT, 0x20, 0x7f).fill(TEXT | NUMBER, ZERO, ZERO + 10);
PLAIN_IN[0x22] = 0;
PLAIN_IN[0x5c] = 0;

interface Member {
  readonly name: string;
  readonly kind: typeof TEXT | typeof NUMBER;
  /** What stands in front of the value, from the end of the value before it on. */
  readonly lead: Uint8Array;
}

/** What payloads of one issuer have in common: their members, and what stands behind the last value. */
let shape: readonly Member[] = [];
let end = '';
let missed = 0;

/**
 * Reads a payload that is spelled as the one learned last: the same names in the same order, plain texts and whole numbers, and not a
 * space more. It is less than JSON and never something else: what it can't read is left to the strict parser.
 *
 * @param bytes Begin with the payload; what an earlier one left behind it does no harm.
 * @param text The same bytes, one character each.
 * @returns Frozen; undefined for any other payload.
 */
export function readFamiliar(bytes: Uint8Array, text: string): JwtClaims | undefined {
  const claims: Record<string, unknown> = new Members();
  let at = 0;
  for (const { name, kind, lead } of shape) {
    for (const byte of lead) if (bytes[at++] !== byte) return undefined;
    const start = at;
    while (((PLAIN_IN[bytes[at] as number] as number) & kind) > 0) at++;
    const value = text.slice(start, at);
    // RFC 8259 §6: no leading zeros; a zero alone is left to the parser, too
    if (kind === NUMBER && (value === '' || bytes[start] === ZERO || value.length > MOST_DIGITS)) return undefined;
    claims[name] = kind === TEXT ? value : +value;
  }
  // whoever read on behind the end has nothing left that could be the end
  return at > 0 && text.slice(at) === end ? Object.freeze(claims) : undefined;
}

/** Takes the shape of claims that were parsed strictly for that of the payloads to come. */
export function learnShape(claims: JwtClaims): void {
  if (missed++ % LEARNED_IN > 0) return;
  end = '{';
  shape = Object.entries(claims).map(([name, value]) => {
    const quote = typeof value === 'string' ? '"' : '';
    const lead = Buffer.from(`${end}${JSON.stringify(name)}:${quote}`);
    end = `${quote},`;
    return { name, kind: quote === '' ? NUMBER : TEXT, lead };
  });
  end = end.replace(',', '}');
}
