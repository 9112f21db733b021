import { encodeBase64url, timeOfId } from '@mapae/jwt';
import { blindRevocationId, type RevocationTarget } from './blinded-id.ts';

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

/** What is revoked at one issuer, in memory. */
export interface RevocationList {
  /** Counts changes: a verdict made under another generation is looked at again. */
  readonly generation: number;
  readonly size: number;
  /** True when there was more than fits: the list is not whole, and nobody may rely on it. */
  readonly overflowed: boolean;
  isRevoked(ids: RevocableIds): boolean;
  add(rows: readonly RevocationRow[], nowMs: number): void;
  /** Takes the place of everything so far. */
  replace(rows: readonly RevocationRow[], nowMs: number): void;
}

/** What each code is about, and which id's time a cut-off is compared with. docs/protocol.md §5 */
const CODES: ReadonlyMap<number, { readonly target: RevocationTarget; readonly cutoff?: 'session' | 'token' }> =
  new Map([
    [1, { target: 'session' }],
    [2, { target: 'token' }],
    [3, { target: 'client' }],
    [4, { target: 'subject', cutoff: 'session' }],
    [5, { target: 'client', cutoff: 'session' }],
    [6, { target: 'everyone', cutoff: 'session' }],
    [7, { target: 'subject', cutoff: 'token' }],
    [8, { target: 'client', cutoff: 'token' }],
    [9, { target: 'everyone', cutoff: 'token' }],
  ]);

interface Entry {
  before: number;
  until: number;
}

const SWEEP_EVERY = 1_024;

export function createRevocationList(issuer: string, maxEntries: number): RevocationList {
  // one map a code: a code without rows costs no hash
  let byCode = new Map<number, Map<string, Entry>>();
  let size = 0;
  let generation = 0;
  let overflowed = false;
  let addedSinceSweep = 0;

  function put({ code, id, before, until }: RevocationRow, nowMs: number): void {
    // a code that isn't known here could revoke anything: the list isn't whole
    if (!CODES.has(code)) {
      overflowed = true;
      return;
    }
    if (until <= nowMs) return;
    const entries = byCode.get(code) ?? new Map<string, Entry>();
    byCode.set(code, entries);
    const entry = entries.get(id);
    if (entry !== undefined) {
      entry.before = Math.max(entry.before, before);
      entry.until = Math.max(entry.until, until);
    } else if (size >= maxEntries) overflowed = true;
    else {
      entries.set(id, { before, until });
      size++;
    }
  }

  function sweep(nowMs: number): void {
    for (const entries of byCode.values()) {
      for (const [id, entry] of entries) {
        if (entry.until > nowMs) continue;
        entries.delete(id);
        size--;
      }
    }
    addedSinceSweep = 0;
  }

  function find(code: number, value: string | undefined): Entry | undefined {
    const entries = byCode.get(code);
    const about = CODES.get(code);
    if (entries === undefined || entries.size === 0 || about === undefined || value === undefined) return undefined;
    return entries.get(encodeBase64url(blindRevocationId(issuer, about.target, value)));
  }

  return {
    get generation() {
      return generation;
    },
    get size() {
      return size;
    },
    get overflowed() {
      return overflowed;
    },
    isRevoked(ids) {
      if (size === 0) return false;
      if (find(1, ids.sessionId) ?? find(2, ids.tokenId) ?? find(3, ids.clientId)) return true;
      // where there is no session, the token's own time stands for it
      const sessionTime = timeOfId(ids.sessionId ?? ids.tokenId) ?? 0;
      const tokenTime = timeOfId(ids.tokenId) ?? 0;
      const values = [ids.subject, ids.clientId, ''];
      return values.some(
        (value, index) =>
          sessionTime <= (find(4 + index, value)?.before ?? -1) || tokenTime <= (find(7 + index, value)?.before ?? -1),
      );
    },
    add(rows, nowMs) {
      addedSinceSweep += rows.length;
      if (addedSinceSweep > SWEEP_EVERY || size + rows.length > maxEntries) sweep(nowMs);
      for (const row of rows) put(row, nowMs);
      generation++;
    },
    replace(rows, nowMs) {
      byCode = new Map();
      size = 0;
      overflowed = false;
      addedSinceSweep = 0;
      for (const row of rows) put(row, nowMs);
      generation++;
    },
  };
}
