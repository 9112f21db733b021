import { createJwtVerifier, decodeBase64url, type KeySet } from '@mapae/jwt';
import type { RevocationRow } from './revocation-list.ts';

/** One frame of the feed, its signature and shape checked. docs/protocol.md §5 */
export type FeedFrame = {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
  /** Milliseconds at which the issuer signed it. */
  readonly at: number;
} & (
  | { readonly event: 'heartbeat' }
  | { readonly event: 'batch'; readonly rows: readonly RevocationRow[] }
  | { readonly event: 'keys'; readonly removed: readonly string[] }
  | { readonly event: 'snapshot'; readonly count: number; readonly sha256: string }
);

/** A frame has a good signature and another shape than frames have. */
export class FrameMalformed extends Error {
  override readonly name = 'FrameMalformed';
}

/**
 * Reads frames of one issuer.
 *
 * @returns A function that throws {@link TokenRejected} or {@link FrameMalformed}.
 */
export function createFrameReader(issuer: string, keys: () => KeySet, clock: () => number): (jws: string) => FeedFrame {
  const verifier = createJwtVerifier({
    keys,
    issuer,
    audience: `${issuer}/events/revocations`,
    typ: 'secevent+jwt',
    clock,
    maxTokenBytes: 65_536,
    // a frame says itself when it is fresh (`at`); that it is from the future by more than this is no frame's business
    clockToleranceSeconds: 300,
    dangerouslyAllowNoExpiry: true, // RFC 8417 §2.2: a SET has no `exp`
    requiredClaims: ['iat', 'jti', 'events'],
  });
  return (jws) => readFrame(verifier.verify(jws));
}

function readFrame(claims: Readonly<Record<string, unknown>>): FeedFrame {
  const { epoch, from, to, at, events } = claims;
  if (typeof epoch !== 'string' || !isCount(from) || !isCount(to) || !isCount(at) || !isObject(events))
    throw new FrameMalformed('position');
  const position = { epoch, from, to, at };
  const [[name, content] = ['', undefined], more] = Object.entries(events);
  if (more !== undefined || !isObject(content)) throw new FrameMalformed('events');
  switch (name) {
    case 'urn:mapae:event:heartbeat':
      return { ...position, event: 'heartbeat' };
    case 'urn:mapae:event:batch':
      return { ...position, event: 'batch', rows: readRows(content['rows']) };
    case 'urn:mapae:event:keys':
      return { ...position, event: 'keys', removed: readTexts(content['removed']) };
    case 'urn:mapae:event:snapshot': {
      const { count, sha256 } = content;
      if (!isCount(count) || typeof sha256 !== 'string') throw new FrameMalformed('snapshot');
      return { ...position, event: 'snapshot', count, sha256 };
    }
    default:
      throw new FrameMalformed('event');
  }
}

function readRows(rows: unknown): RevocationRow[] {
  if (!Array.isArray(rows)) throw new FrameMalformed('rows');
  return rows.map((row: unknown) => {
    if (!Array.isArray(row) || row.length !== 4) throw new FrameMalformed('row');
    const [code, id, before, until] = row as readonly unknown[];
    if (!isCount(code) || typeof id !== 'string' || !isTime(before) || !isTime(until)) throw new FrameMalformed('row');
    if (decodeId(id).length !== 16) throw new FrameMalformed('row');
    return { code, id, before, until };
  });
}

function readTexts(values: unknown): string[] {
  if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
    throw new FrameMalformed('removed');
  return values as string[];
}

function decodeId(id: string): Uint8Array {
  try {
    return decodeBase64url(id);
  } catch {
    throw new FrameMalformed('row');
  }
}

/** Milliseconds in 48 bits. */
function isTime(value: unknown): value is number {
  return isCount(value) && value < 2 ** 48;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
