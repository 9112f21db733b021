import { decodeBase64url, timeOfId } from '@mapae/jwt';
import { blindIntoWords, type RevocationTarget } from './blinded-id.ts';
import { createRevocationRows, type RevocationRows } from './revocation-rows.ts';

/** One row of the feed. docs/protocol.md §5 */
export interface RevocationRow {
  readonly code: number;
  /** Blinded id: 16 bytes as 22 characters of base64url. */
  readonly id: string;
  /** Milliseconds; 0 for the codes that name one thing. */
  readonly before: number;
  /** Milliseconds after which the row says nothing any more. */
  readonly until: number;
}

/** The ids in a token that a revocation can be about. */
export interface RevocableIds {
  readonly subject: string;
  readonly sessionId: string | undefined;
  readonly clientId: string;
  readonly tokenId: string;
}

/** A token as the list looks at it: each id is blinded once, and only when there is a revocation of its kind. */
export interface RevocableToken {
  readonly ids: RevocableIds;
  /** Milliseconds; where there is no session, the token's own time stands for it. */
  readonly sessionTime: number;
  readonly tokenTime: number;
  /** Four numbers a target; filled as they are asked for. */
  blinded: Uint32Array | undefined;
  /** Bit n: target n is filled. */
  filled: number;
}

/** What is revoked at one issuer, in memory. */
export interface RevocationList {
  /** Counts changes: a verdict made under another generation is looked at again. */
  readonly generation: number;
  readonly size: number;
  /** Bytes of the tables. */
  readonly bytes: number;
  /** False when there was more than fits: nobody may rely on the list. */
  readonly whole: boolean;
  isRevoked(token: RevocableToken): boolean;
  add(rows: readonly RevocationRow[], nowMs: number): void;
  /** Takes the place of everything so far, in one step. */
  replace(rows: RevocationRows): void;
  /** Forgets some of the rows past their end. Called now and then. */
  sweepSome(nowMs: number): void;
}

const TARGETS = ['session', 'token', 'client', 'subject', 'everyone'] as const satisfies readonly RevocationTarget[];
const [SESSION, TOKEN, CLIENT, SUBJECT, EVERYONE] = [0, 1, 2, 3, 4];

/** What each code is about, and which time of the token a cut-off is compared with. docs/protocol.md §5 */
const CODES: readonly {
  readonly code: number;
  readonly target: number;
  readonly cutoff?: 'sessionTime' | 'tokenTime';
}[] = [
  { code: 1, target: SESSION },
  { code: 2, target: TOKEN },
  { code: 3, target: CLIENT },
  { code: 4, target: SUBJECT, cutoff: 'sessionTime' },
  { code: 5, target: CLIENT, cutoff: 'sessionTime' },
  { code: 6, target: EVERYONE, cutoff: 'sessionTime' },
  { code: 7, target: SUBJECT, cutoff: 'tokenTime' },
  { code: 8, target: CLIENT, cutoff: 'tokenTime' },
  { code: 9, target: EVERYONE, cutoff: 'tokenTime' },
];

export function createRevocationList(issuer: string, maxEntries: number): RevocationList {
  let rows = createRevocationRows(maxEntries);
  let generation = 0;

  return {
    get generation() {
      return generation;
    },
    get size() {
      return rows.size;
    },
    get bytes() {
      return rows.bytes;
    },
    get whole() {
      return rows.whole;
    },
    isRevoked(token) {
      if (rows.size === 0) return false;
      for (const { code, target, cutoff } of CODES) {
        if (rows.count(code) === 0 || (target === SESSION && token.ids.sessionId === undefined)) continue;
        const before = rows.find(blindedIds(issuer, token, target), target * 4, code);
        if (before !== undefined && (cutoff === undefined || token[cutoff] <= before)) return true;
      }
      return false;
    },
    add(added, nowMs) {
      for (const { code, id, before, until } of added)
        rows.put({ id: toWords(decodeBase64url(id)), at: 0, code, before, until }, nowMs);
      generation++;
    },
    replace(replacement) {
      rows = replacement;
      generation++;
    },
    sweepSome: (nowMs) => rows.sweepSome(nowMs),
  };
}

/** A token as the list looks at it. */
export function revocableToken(ids: RevocableIds): RevocableToken {
  return {
    ids,
    sessionTime: timeOfId(ids.sessionId ?? ids.tokenId) ?? 0,
    tokenTime: timeOfId(ids.tokenId) ?? 0,
    blinded: undefined,
    filled: 0,
  };
}

function blindedIds(issuer: string, token: RevocableToken, target: number): Uint32Array {
  token.blinded ??= new Uint32Array(TARGETS.length * 4);
  if ((token.filled & (1 << target)) === 0) {
    const name = TARGETS[target] ?? 'everyone';
    blindIntoWords({ issuer, target: name, value: plainId(token.ids, name) }, token.blinded, target * 4);
    token.filled |= 1 << target;
  }
  return token.blinded;
}

function plainId(ids: RevocableIds, target: RevocationTarget): string {
  switch (target) {
    case 'session':
      return ids.sessionId ?? '';
    case 'token':
      return ids.tokenId;
    case 'client':
      return ids.clientId;
    case 'subject':
      return ids.subject;
    case 'everyone':
      return '';
  }
}

/** 16 bytes as four numbers. */
function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from([0, 4, 8, 12], (at) => view.getUint32(at));
}
