/** Text is not JSON as it is accepted here. */
export class JsonMalformed extends Error {
  override readonly name = 'JsonMalformed';
}

const DEEPEST = 32;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Up to the closing quote; what stands between is left to JSON.parse. */
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses JSON strictly: no duplicate member names, no byte order mark, valid UTF-8 and no lone surrogates, finite numbers, at most 32
 * levels deep. Objects have no prototype, so `__proto__` and `constructor` are members like any other.
 *
 * @throws {JsonMalformed}
 * @see RFC 7515 §10.12, RFC 8259, RFC 7493 §2
 */
export function parseStrictJson(input: string | Uint8Array): unknown {
  const parser = new Parser(typeof input === 'string' ? input : decodeUtf8(input));
  return parser.whole();
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new JsonMalformed('not UTF-8');
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) throw new JsonMalformed('something follows the value');
    return value;
  }

  #value(): unknown {
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEEPEST) throw new JsonMalformed('too deep');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): object {
    const object = Object.create(null) as Record<string, unknown>;
    if (this.#accept('}')) return object;
    do {
      this.#space();
      const name = this.#string();
      // RFC 7515 §4, RFC 7519 §4: names are unique; the last one winning is what attackers count on
      if (name in object) throw new JsonMalformed('a name comes twice');
      this.#expect(':');
      object[name] = this.#value();
    } while (this.#accept(','));
    this.#expect('}');
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    if (this.#accept(']')) return array;
    do array.push(this.#value());
    while (this.#accept(','));
    this.#expect(']');
    return array;
  }

  #string(): string {
    const raw = this.#match(STRING);
    if (raw === undefined) throw new JsonMalformed('a string was expected');
    try {
      return this.#wellFormed(JSON.parse(raw) as string);
    } catch {
      throw new JsonMalformed('a control character or a malformed escape');
    }
  }

  #wellFormed(text: string): string {
    if (!text.isWellFormed()) throw new JsonMalformed('a lone surrogate');
    return text;
  }

  #number(): number {
    const raw = this.#match(NUMBER);
    const value = raw === undefined ? Number.NaN : Number(raw);
    // 1e400 is JSON, and Infinity would never expire
    if (!Number.isFinite(value)) throw new JsonMalformed('no value, or a number out of range');
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new JsonMalformed('an unknown word');
    this.#at += word.length;
    return value;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return;
      this.#at++;
    }
  }

  #accept(character: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw new JsonMalformed(`${character} was expected`);
  }
}
