import { createHash } from 'node:crypto';
import { createJwtSigner, encodeBase64url, generateTimeOrderedId, type PrivateKey } from '@mapae/jwt';
import type { PublishedRevocation } from '../stores/store.ts';

/** A place in the feed, as it travels. docs/protocol.md §5 */
export interface Position {
  /** 22 characters of base64url. */
  readonly epoch: string;
  readonly number: number;
}

/** Signs what travels in the feed. RFC 8417 §2 */
export interface FrameSigner {
  heartbeat(at: Position, nowMs: number): string;
  batch(from: Position, to: number, rows: readonly PublishedRevocation[], nowMs: number): string;
  /** The whole body of a snapshot: a signed line, then the rows. */
  snapshot(at: Position, rows: readonly PublishedRevocation[], nowMs: number): Uint8Array;
}

const ROW_BYTES = 32;

export function createFrameSigner(issuer: string, key: PrivateKey, random: (bytes: number) => Uint8Array): FrameSigner {
  // a batch of 500 rows has 40 KB; a frame is never cut
  const signer = createJwtSigner({ key, typ: 'secevent+jwt', budgetBytes: 65_536 });
  const frame = (event: string, content: object, from: Position, to: number, nowMs: number): string =>
    signer.sign({
      iss: issuer,
      aud: `${issuer}/events/revocations`,
      iat: Math.floor(nowMs / 1_000),
      jti: generateTimeOrderedId(nowMs, random),
      epoch: from.epoch,
      from: from.number,
      to,
      at: nowMs,
      events: { [`urn:mapae:event:${event}`]: content },
    });
  return {
    heartbeat: (at, nowMs) => frame('heartbeat', {}, at, at.number, nowMs),
    batch: (from, to, rows, nowMs) =>
      frame(
        'batch',
        { rows: rows.map(({ code, id, before, until }) => [code, encodeBase64url(id), before, until]) },
        from,
        to,
        nowMs,
      ),
    snapshot(at, rows, nowMs) {
      const body = encodeRows(rows);
      const sha256 = createHash('sha256').update(body).digest('base64url');
      const line = frame('snapshot', { count: rows.length, sha256 }, at, at.number, nowMs);
      return Buffer.concat([Buffer.from(`${line}\n`), body]);
    },
  };
}

/** Rows of 32 bytes, sorted. docs/protocol.md §5 */
function encodeRows(rows: readonly PublishedRevocation[]): Buffer {
  const encoded = rows.map(({ id, code, before, until }) => {
    const row = Buffer.alloc(ROW_BYTES);
    row.set(id, 0);
    row.writeUInt8(code, 16);
    row.writeUIntBE(before, 20, 6);
    row.writeUIntBE(until, 26, 6);
    return row;
  });
  return Buffer.concat(encoded.sort(Buffer.compare));
}
