import { readdirSync, readFileSync } from 'node:fs';

/** A signed token of an RFC, with the key that it holds under, and what a verifier of `typ: JWT` says to it. */
export interface SignatureVector {
  readonly section: string;
  readonly key: Readonly<Record<string, string>>;
  readonly alg: string;
  readonly token: string;
  readonly verdict: string;
}

/** An encrypted token of an RFC, with the key that reads it, what it says, and what a decrypter of ours says to it. */
export interface EncryptionVector extends SignatureVector {
  readonly plaintext: string;
}

/** A text that is no token here, and the refusal. */
export interface TextVector {
  readonly section: string;
  readonly what: string;
  readonly text: string;
  readonly verdict: string;
}

/** A key of an RFC, taken as one kind of key of ours. */
export interface KeyVector {
  readonly section: string;
  readonly as: 'public' | 'private' | 'secret' | 'encryption' | 'decryption' | 'shared';
  readonly alg?: string;
  readonly jwk: Readonly<Record<string, string>>;
  readonly verdict: string;
}

export interface ThumbprintVector {
  readonly section: string;
  readonly jwk: Readonly<Record<string, string>>;
  readonly thumbprint: string;
}

/** Two keys that agree: on `secret` (base64url), or on the key that Concat KDF `derived` from it. */
export interface AgreementVector {
  readonly section: string;
  readonly ephemeral: Readonly<Record<string, string>>;
  readonly recipient: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly derived?: string;
  readonly enc?: string;
  readonly apu?: string;
  readonly apv?: string;
  readonly bits?: number;
}

export interface VectorFile {
  readonly source: string;
  readonly signatures: readonly SignatureVector[];
  readonly encryptions: readonly EncryptionVector[];
  readonly texts: readonly TextVector[];
  readonly encryptedTexts: readonly TextVector[];
  readonly keys: readonly KeyVector[];
  readonly thumbprints: readonly ThumbprintVector[];
  readonly agreements: readonly AgreementVector[];
}

const TEXT = ['section', 'what', 'text', 'verdict'];
const SIGNATURE = ['section', 'key', 'alg', 'token', 'verdict'];
/** Members of each kind; those after the bar may be left out. */
const MEMBERS: Readonly<Record<string, readonly [needed: readonly string[], optional: readonly string[]]>> = {
  signatures: [SIGNATURE, []],
  encryptions: [[...SIGNATURE, 'plaintext'], []],
  texts: [TEXT, []],
  encryptedTexts: [TEXT, []],
  keys: [['section', 'as', 'jwk', 'verdict'], ['alg']],
  thumbprints: [['section', 'jwk', 'thumbprint'], []],
  agreements: [
    ['section', 'ephemeral', 'recipient'],
    ['secret', 'derived', 'enc', 'apu', 'apv', 'bits'],
  ],
};

/** Every vector file of this folder. @throws {Error} for a member that no test looks at, or one that is missing. */
export function readVectorFiles(): readonly VectorFile[] {
  const folder = new URL('.', import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => parseVectorFile(JSON.parse(readFileSync(new URL(name, folder), 'utf8')), name));
}

/** A vector in which a member is misspelled would be tested for less than it says. */
export function parseVectorFile(value: unknown, name: string): VectorFile {
  const { source, ...kinds } = value as Readonly<Record<string, readonly object[]>> & { readonly source?: unknown };
  if (typeof source !== 'string' || Object.keys(kinds).length === 0)
    throw new Error(`${name}: no source or no vectors`);
  for (const [kind, vectors] of Object.entries(kinds)) {
    const members = MEMBERS[kind];
    if (members === undefined) throw new Error(`${name}: unknown member ${kind}`);
    for (const vector of vectors) {
      const given = Object.keys(vector);
      const wrong = [
        ...given.filter((member) => !members.some((names) => names.includes(member))),
        ...members[0].filter((member) => !given.includes(member)),
      ];
      if (wrong.length > 0) throw new Error(`${name}: ${kind}: unknown or missing ${wrong.join(', ')}`);
    }
  }
  const empty = {
    signatures: [],
    encryptions: [],
    texts: [],
    encryptedTexts: [],
    keys: [],
    thumbprints: [],
    agreements: [],
  };
  return { ...empty, ...kinds, source } as VectorFile;
}
