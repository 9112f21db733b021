import type { JwtClaims } from './claims.ts';
import { Members } from './members.ts';

/** What stands for itself in a text of JSON: printable ASCII, but the quote and the backslash. */
const PLAIN = '[ !#-[\\]-~]*';
const TEXT = `"(${PLAIN})"`;
/** RFC 8259 §6: no leading zero, and zero itself is left to the parser; of 15 digits any number is exact. */
const NUMBER = '([1-9]\\d{0,14})';
const TEXTS = `(\\["${PLAIN}"(?:,"${PLAIN}")*])`;

const MOST_SHAPES = 4;
/** Of so many payloads of unknown shape the first ones are learned: to make a pattern costs more than to parse. */
const LEARNED_IN = 1_024;
const LONGEST = 2_048;

type Entry = readonly [name: string, value: unknown];

interface Shape {
  readonly pattern: RegExp;
  /** Of the payload that it was learned from. */
  readonly entries: readonly Entry[];
}

/** What the payloads of an issuer have in common. */
export interface FamiliarShapes {
  /**
   * Reads a payload that is spelled as an earlier one: the same names in the same order, the same issuer and audience, plain texts, lists of
   * them and whole numbers, and not a space more. It is less than JSON and never something else: the strict parser has the rest.
   *
   * @param text One character a byte.
   * @returns Frozen in all levels; undefined for any other payload.
   */
  read(text: string): JwtClaims | undefined;
  /** Takes the shape of a payload that was parsed strictly for that of others to come. */
  learn(text: string, claims: JwtClaims): void;
}

export function createFamiliarShapes(): FamiliarShapes {
  const shapes: Shape[] = [];
  let missed = 0;
  return {
    read(text) {
      for (const { pattern, entries } of shapes) {
        const found = pattern.exec(text);
        if (found !== null) return readMembers(entries, found);
      }
      return undefined;
    },
    learn(text, claims) {
      const place = missed++ % LEARNED_IN;
      if (place >= MOST_SHAPES || text.length > LONGEST) return;
      const entries = Object.entries(claims);
      const pattern = new RegExp(`^{${entries.map(spell).join()}}$`);
      if (pattern.test(text)) shapes.splice(place, 1, { pattern, entries });
    },
  };
}

function spell([name, value]: Entry): string {
  if (isFixed(name, value)) return `${literal(name)}:${literal(value)}`;
  return `${literal(name)}:${typeof value === 'string' ? TEXT : typeof value === 'number' ? NUMBER : TEXTS}`;
}

/** Of who issues and who is meant there is one, for all of a service's tokens or many of them. */
function isFixed(name: string, value: unknown): boolean {
  return (name === 'iss' || name === 'aud') && typeof value === 'string';
}

/** JSON in a pattern. What is beyond ASCII fits no text of bytes. */
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\W/g, '\\$&');
}

function readMembers(entries: readonly Entry[], found: RegExpExecArray): JwtClaims {
  const claims: Record<string, unknown> = new Members();
  let group = 1;
  for (const [name, value] of entries)
    claims[name] = isFixed(name, value) ? value : readLike(value, found[group++] as string);
  return Object.freeze(claims);
}

function readLike(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  return typeof value === 'number' ? +text : Object.freeze(JSON.parse(text));
}
