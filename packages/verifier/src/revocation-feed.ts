import { FetchFailed, readBounded } from './bounded-fetch.ts';
import type { FeedFrame } from './feed-frame.ts';
import { createFeedTransport } from './feed-transport.ts';
import type { RevocationList } from './revocation-list.ts';
import { readSnapshot, SNAPSHOT_LINE_BYTES, SNAPSHOT_ROW_BYTES, SnapshotTooLarge } from './snapshot.ts';

/** Follows the feed of one issuer and keeps its list. docs/protocol.md §5 */
export interface RevocationFeed {
  /** Milliseconds since the last fresh frame was applied; infinite before the first snapshot. */
  silentMs(): number;
  /** `<epoch>.<number>`; undefined before the first snapshot. */
  readonly position: string | undefined;
  /** Milliseconds that the last frame took to get here, as far as the two clocks agree. */
  readonly lagMs: number | undefined;
  close(): void;
}

export interface RevocationFeedOptions {
  readonly url: string;
  readonly key: string | undefined;
  readonly list: RevocationList;
  readonly maxRevocations: number;
  readonly readFrame: (jws: string) => FeedFrame;
  /** Makes sure that keys are there before frames are read; `again` after a frame was refused. */
  readonly prepareKeys: (again: boolean) => Promise<boolean>;
  readonly removeKeys: (kids: readonly string[]) => void;
  readonly fetch: typeof fetch;
  readonly clock: () => number;
  readonly monotonic: () => number;
  /** 0 ≤ n < 1: spreads reconnects. */
  readonly jitter: () => number;
  /** A frame is fresh when it was signed no longer ago than this. */
  readonly freshWithinMs: number;
  readonly pollSeconds: number;
  /** A frame or a snapshot was applied. */
  readonly onFrame: (frame: { readonly event: string; readonly lagMs: number }) => void;
  /** `feed.lost`, `feed.out-of-step`, `feed.refused`, `feed.too-large`, `feed.polling` */
  readonly log: (event: string) => void;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const SNAPSHOT_TIMEOUT_MS = 60_000;
/** So many streams in turn that brought nothing, and the feed is polled instead. */
const SILENT_STREAMS = 2;
const STREAM_AGAIN_MS = 10 * 60_000;
const LEAST_BETWEEN_POLLS_MS = 200;

/** A frame doesn't continue our position: something was lost, or the issuer began anew. */
class OutOfStep extends Error {
  override readonly name = 'OutOfStep';
}

export function followRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { url, key, list, readFrame, clock, monotonic, log } = options;
  const stopped = new AbortController();
  const transport = createFeedTransport({ ...options, signal: stopped.signal });
  let epoch = '';
  let number = -1;
  let lastAt = 0;
  let lagMs: number | undefined;
  let applied = 0;
  let fresh: { readonly monotonic: number; readonly clock: number } | undefined;

  async function takeSnapshot(): Promise<void> {
    const snapshot = await readBounded(
      `${url}/snapshot`,
      {
        fetch: options.fetch,
        headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
        signal: stopped.signal,
        timeoutMs: SNAPSHOT_TIMEOUT_MS,
        maxBytes: SNAPSHOT_LINE_BYTES + 1 + options.maxRevocations * SNAPSHOT_ROW_BYTES,
      },
      (chunks) => readSnapshot(chunks, { readFrame, maxEntries: options.maxRevocations, nowMs: clock(), monotonic }),
    );
    // an old one, kept back and served again, would undo what is known: within an epoch the number only grows
    if ((snapshot.epoch === epoch && snapshot.number < number) || snapshot.at < lastAt - options.freshWithinMs)
      throw new OutOfStep('snapshot');
    list.replace(snapshot.rows);
    ({ epoch, number } = snapshot);
    noteApplied('snapshot', snapshot.at);
  }

  /** Fresh: newer than any before, so that it isn't a repetition, and signed a moment ago, so that it wasn't held back. */
  function noteApplied(event: string, at: number): void {
    applied++;
    lagMs = clock() - at;
    // a list that isn't whole is never fresh
    if (at > lastAt && list.whole) {
      lastAt = at;
      if (Math.abs(lagMs) <= options.freshWithinMs) fresh = { monotonic: monotonic(), clock: clock() };
    }
    options.onFrame({ event, lagMs });
  }

  function apply(jws: string): void {
    const frame = readFrame(jws);
    if (frame.epoch !== epoch || frame.from !== number || frame.to < frame.from) throw new OutOfStep('frame');
    if (frame.event === 'batch') list.add(frame.rows, clock());
    else if (frame.event === 'keys') options.removeKeys(frame.removed);
    else if (frame.event === 'snapshot' || frame.to !== frame.from) throw new OutOfStep('frame');
    number = frame.to;
    list.sweepSome(clock());
    noteApplied(frame.event, frame.at);
    // what is past its end has left the snapshot: it may fit again
    if (!list.whole) throw new SnapshotTooLarge('revocations');
  }

  const position = (): string => `${epoch}.${number}`;

  /** One poll; none sooner than a moment after the last, whatever the other side does. */
  async function poll(): Promise<void> {
    const began = monotonic();
    await transport.poll(position(), apply);
    await pause(Math.max(0, LEAST_BETWEEN_POLLS_MS - (monotonic() - began)), stopped.signal);
  }

  async function follow(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    let again = false;
    let inStep = false;
    let silentStreams = 0;
    let pollingSince: number | undefined;
    while (!stopped.signal.aborted) {
      const before = applied;
      let streaming = false;
      try {
        if (await options.prepareKeys(again)) {
          again = false;
          if (!inStep) await takeSnapshot();
          inStep = true;
          if (pollingSince !== undefined && monotonic() - pollingSince > STREAM_AGAIN_MS) pollingSince = undefined;
          const appliedBefore = applied;
          streaming = pollingSince === undefined;
          try {
            await (streaming ? transport.stream(position(), apply) : poll());
          } finally {
            if (streaming) silentStreams = applied > appliedBefore ? 0 : silentStreams + 1;
          }
          if (!streaming) continue;
        }
      } catch (error) {
        if (stopped.signal.aborted) return;
        const lost = error instanceof FetchFailed;
        // only what doesn't continue our position, or doesn't fit, needs the snapshot: of anything else nothing was applied
        if (error instanceof OutOfStep || error instanceof SnapshotTooLarge) inStep = false;
        again = !lost && !(error instanceof OutOfStep);
        log(eventOf(error));
      }
      if (streaming && silentStreams >= SILENT_STREAMS) {
        // something on the way holds streams back: ask instead, and look now and then whether they pass again
        pollingSince = monotonic();
        silentStreams = SILENT_STREAMS - 1;
        log('feed.polling');
        continue;
      }
      // polls don't pass either: the next try is a stream
      if (!streaming) pollingSince = undefined;
      wait = applied > before ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, wait * 2);
      await pause(wait * (0.5 + options.jitter()), stopped.signal);
    }
  }

  void follow();
  return {
    silentMs() {
      if (fresh === undefined) return Number.POSITIVE_INFINITY;
      // a machine that slept has a monotonic clock that slept with it
      return Math.max(monotonic() - fresh.monotonic, clock() - fresh.clock);
    },
    get position() {
      return number === -1 ? undefined : position();
    },
    get lagMs() {
      return lagMs;
    },
    close: () => stopped.abort(),
  };
}

function eventOf(error: unknown): string {
  if (error instanceof FetchFailed) return 'feed.lost';
  if (error instanceof OutOfStep) return 'feed.out-of-step';
  return error instanceof SnapshotTooLarge ? 'feed.too-large' : 'feed.refused';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
