import { createHash } from 'node:crypto';
import type { PublishedRevocation } from '../stores/revocation-store.ts';

/** The rows of a snapshot as they travel, and their digest. docs/protocol.md §5 */
export interface SnapshotRows {
  readonly count: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** base64url */
  readonly sha256: string;
}

const ROW_BYTES = 32;
const SLICE_MS = 5;
const UPPER = 2 ** 32;

/** Encodes and sorts rows; lets other work in between, so that a long list holds no request up. */
export async function encodeSnapshotRows(rows: readonly PublishedRevocation[]): Promise<SnapshotRows> {
  const breathe = createBreather();
  // sorted in 256 parts: each is short
  const parts: PublishedRevocation[][] = Array.from({ length: 256 }, () => []);
  for (const [index, row] of rows.entries()) {
    parts[row.id[0] ?? 0]?.push(row);
    if (index % 4_096 === 0) await breathe();
  }
  const bytes = new Uint8Array(rows.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  const digest = createHash('sha256');
  let at = 0;
  for (const part of parts) {
    const from = at;
    for (const row of part.sort(compareRows)) {
      encodeRow(bytes, view, at, row);
      at += ROW_BYTES;
    }
    digest.update(bytes.subarray(from, at));
    await breathe();
  }
  return { count: rows.length, bytes, sha256: digest.digest('base64url') };
}

function compareRows(a: PublishedRevocation, b: PublishedRevocation): number {
  return Buffer.compare(a.id, b.id) || a.code - b.code || a.before - b.before || a.until - b.until;
}

/** id (16) ‖ code (1) ‖ zero (3) ‖ before (6) ‖ until (6), big-endian. */
function encodeRow(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  { id, code, before, until }: PublishedRevocation,
): void {
  bytes.set(id, at);
  view.setUint8(at + 16, code);
  view.setUint16(at + 20, Math.floor(before / UPPER));
  view.setUint32(at + 22, before % UPPER);
  view.setUint16(at + 26, Math.floor(until / UPPER));
  view.setUint32(at + 28, until % UPPER);
}

function createBreather(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}
