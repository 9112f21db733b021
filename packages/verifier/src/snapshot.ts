import { createHash } from 'node:crypto';
import { encodeBase64url } from '@mapae/jwt';
import { type FeedFrame, FrameMalformed } from './feed-frame.ts';
import type { RevocationRow } from './revocation-list.ts';

export interface Snapshot {
  readonly epoch: string;
  readonly number: number;
  readonly at: number;
  readonly rows: readonly RevocationRow[];
}

const ROW_BYTES = 32;
const NEWLINE = 0x0a;
const ROWS_AT_ONCE = 10_000;

/**
 * Reads a snapshot: one signed line, then rows that fit its digest. Lets other work in between.
 *
 * @throws {FrameMalformed} and what reading a frame throws.
 */
export async function readSnapshot(bytes: Uint8Array, read: (jws: string) => FeedFrame): Promise<Snapshot> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = body.indexOf(NEWLINE);
  if (end === -1) throw new FrameMalformed('snapshot');
  const frame = read(body.toString('latin1', 0, end));
  const packed = body.subarray(end + 1);
  if (frame.event !== 'snapshot' || frame.from !== frame.to || packed.length !== frame.count * ROW_BYTES)
    throw new FrameMalformed('snapshot');
  if (createHash('sha256').update(packed).digest('base64url') !== frame.sha256) throw new FrameMalformed('digest');
  const rows: RevocationRow[] = [];
  for (let at = 0; at < packed.length; at += ROW_BYTES) {
    rows.push({
      id: encodeBase64url(packed.subarray(at, at + 16)),
      code: packed.readUInt8(at + 16),
      before: packed.readUIntBE(at + 20, 6),
      until: packed.readUIntBE(at + 26, 6),
    });
    if (rows.length % ROWS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { epoch: frame.epoch, number: frame.to, at: frame.at, rows };
}
