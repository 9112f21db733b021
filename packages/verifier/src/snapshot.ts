import { createHash } from 'node:crypto';
import { type FeedFrame, FrameMalformed } from './feed-frame.ts';
import { createRevocationRows, type RevocationRows } from './revocation-rows.ts';

export interface Snapshot {
  readonly epoch: string;
  readonly number: number;
  readonly at: number;
  readonly rows: RevocationRows;
}

export interface SnapshotOptions {
  readonly readFrame: (jws: string) => FeedFrame;
  readonly maxEntries: number;
  /** Milliseconds since 1970; rows past their end are left out. */
  readonly nowMs: number;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
}

/** There are more revocations than this verifier may hold. */
export class SnapshotTooLarge extends Error {
  override readonly name = 'SnapshotTooLarge';
}

type SnapshotFrame = Extract<FeedFrame, { readonly event: 'snapshot' }>;

export const SNAPSHOT_ROW_BYTES = 32;
export const SNAPSHOT_LINE_BYTES = 65_536;
const NEWLINE = 0x0a;
const PIECE_BYTES = 16_384;
const SLICE_MS = 5;

/**
 * Reads a snapshot as it comes: one signed line, then rows that fit its digest. Lets other work in between, at least every 10 ms, however it arrives.
 *
 * @returns Its rows, to be used only now that the digest held.
 * @throws {FrameMalformed} {@link SnapshotTooLarge} and what reading a frame throws.
 */
export async function readSnapshot(chunks: AsyncIterable<Uint8Array>, options: SnapshotOptions): Promise<Snapshot> {
  const { maxEntries, nowMs, monotonic } = options;
  let rows = createRevocationRows(maxEntries);
  const digest = createHash('sha256');
  const id = new Uint32Array(4);
  let frame: SnapshotFrame | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  let length = 0;
  let sliceFrom = monotonic();

  function readRows(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + SNAPSHOT_ROW_BYTES <= bytes.length; at += SNAPSHOT_ROW_BYTES) {
      for (let word = 0; word < 4; word++) id[word] = view.getUint32(at + word * 4);
      const code = view.getUint8(at + 16);
      const before = view.getUint16(at + 20) * 2 ** 32 + view.getUint32(at + 22);
      const until = view.getUint16(at + 26) * 2 ** 32 + view.getUint32(at + 28);
      rows.put({ id, at: 0, code, before, until }, nowMs);
    }
  }

  function readPiece(piece: Uint8Array): void {
    let bytes: Uint8Array = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let signed: SnapshotFrame | undefined = frame;
    if (signed === undefined) {
      const end = bytes.indexOf(NEWLINE);
      if (end === -1 && bytes.length <= SNAPSHOT_LINE_BYTES) {
        rest = bytes;
        return;
      }
      frame = readLine(bytes, end, options);
      signed = frame;
      rows = createRevocationRows(maxEntries, frame.count);
      bytes = bytes.subarray(end + 1);
      rest = new Uint8Array(0);
    }
    // what was left over from the last piece is in the digest already
    digest.update(rest.length === 0 ? bytes : bytes.subarray(rest.length));
    const whole = bytes.length - (bytes.length % SNAPSHOT_ROW_BYTES);
    length += whole;
    if (length > signed.count * SNAPSHOT_ROW_BYTES) throw new FrameMalformed('snapshot');
    readRows(bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }

  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      readPiece(chunk.subarray(at, at + PIECE_BYTES));
      if (monotonic() - sliceFrom < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      sliceFrom = monotonic();
    }
  }
  if (frame === undefined || rest.length > 0 || length !== frame.count * SNAPSHOT_ROW_BYTES)
    throw new FrameMalformed('snapshot');
  if (digest.digest('base64url') !== frame.sha256) throw new FrameMalformed('digest');
  return { epoch: frame.epoch, number: frame.to, at: frame.at, rows };
}

function readLine(bytes: Uint8Array, end: number, { readFrame, maxEntries }: SnapshotOptions): SnapshotFrame {
  if (end === -1) throw new FrameMalformed('snapshot');
  const frame = readFrame(Buffer.from(bytes.subarray(0, end)).toString('latin1'));
  if (frame.event !== 'snapshot' || frame.from !== frame.to) throw new FrameMalformed('snapshot');
  if (frame.count > maxEntries) throw new SnapshotTooLarge('revocations');
  return frame;
}
