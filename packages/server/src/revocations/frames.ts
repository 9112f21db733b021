import { encodeBase64url, generateTimeOrderedId, type PrivateKey } from '@mapae/jwt';
import { rememberSigner } from '../keys/remember-signer.ts';
import type { PublishedRevocation } from '../stores/revocation-store.ts';
import type { SnapshotRows } from './snapshot-rows.ts';

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
  /** Ends keys at once: whoever reads it takes them out of force. */
  keys(at: Position, removed: readonly string[], nowMs: number): string;
  /** The whole body of a snapshot: a signed line, then the rows. */
  snapshot(at: Position, rows: SnapshotRows, nowMs: number): Uint8Array<ArrayBuffer>;
}

/** @param key  The key that signs now: asked for each frame, since keys change places. */
export function createFrameSigner(
  issuer: string,
  key: () => PrivateKey,
  random: (bytes: number) => Uint8Array,
): FrameSigner {
  // a batch of 500 rows has 40 KB; a frame is never cut
  const signerOf = rememberSigner({ typ: 'secevent+jwt', budgetBytes: 65_536 });
  const frame = (event: string, content: object, from: Position, to: number, nowMs: number): string =>
    signerOf(key()).sign({
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
    keys: (at, removed, nowMs) => frame('keys', { removed }, at, at.number, nowMs),
    snapshot(at, { count, bytes, sha256 }, nowMs) {
      const line = Buffer.from(`${frame('snapshot', { count, sha256 }, at, at.number, nowMs)}\n`);
      const body = new Uint8Array(line.length + bytes.length);
      body.set(line);
      body.set(bytes, line.length);
      return body;
    },
  };
}
