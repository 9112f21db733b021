import { encodeBase64url } from '@mapae/jwt';
import type { LogEntry } from '../options.ts';
import type { Store, StoreState } from '../stores/store.ts';
import type { FrameSigner, Position } from './frames.ts';
import { encodeSnapshotRows, type SnapshotRows } from './snapshot-rows.ts';
import { createStreams, formatEvent } from './stream.ts';

/** Publishes revocations: numbers committed rows, signs them once, hands them to every connected verifier. */
export interface FeedPublisher {
  /** The epoch, as this process last read it. */
  readonly epoch: Uint8Array;
  /**
   * Publishes what was committed before this call. Resolves when its frames were handed to the streams, or after a second: then
   * the regular round catches up.
   */
  publish(): Promise<void>;
  /** Reads the state again. @throws {StoreFailed} */
  rereadEpoch(): Promise<Uint8Array>;
  /** The stream of one verifier, from the position it names. */
  follow(lastEventId: string | undefined): Promise<ReadableStream<Uint8Array>>;
  /** Frames from the position it names, a heartbeat at the end; held back until there is something to say, or `waitMs` has passed. */
  poll(lastEventId: string | undefined, waitMs: number): Promise<readonly string[]>;
  /**
   * Takes keys out of force at every verifier at once. Said again to each one that connects, as long as this process lives. A frame is signed by
   * a key that remains.
   */
  announceRemovedKeys(kids: readonly string[]): Promise<void>;
  /** Made at most once a second. */
  snapshot(): Promise<{ readonly etag: string; readonly body: Uint8Array<ArrayBuffer> }>;
  readonly followers: number;
  /** Milliseconds since it last read the database, by a monotonic clock. A heartbeat does so each second. */
  readonly quietMs: number;
  close(): Promise<void>;
}

const POLL_MS = 200;
const HEARTBEAT_MS = 1_000;
const LONGEST_WAIT_MS = 1_000;
const SNAPSHOT_MS = 1_000;
const ROWS_MS = 60_000;
const MOST_REMOVED = 200;
const ROWS_PER_FRAME = 500;
const PRUNED_AT_ONCE = 1_000;
const PRUNE_EVERY = 60;

export interface FeedPublisherOptions {
  readonly store: Store;
  readonly signer: FrameSigner;
  readonly state: StoreState;
  readonly log: (entry: LogEntry) => void;
}

export function createFeedPublisher({ store, signer, state, log }: FeedPublisherOptions): FeedPublisher {
  const streams = createStreams();
  let epoch = state.epoch;
  let position: Position = { epoch: encodeBase64url(epoch), number: state.number };
  let removedKeys: readonly string[] = [];
  let news = Promise.withResolvers<void>();
  let closed = false;
  let failing = false;
  let beats = 0;
  let beatenAt = performance.now();

  /** One at a time: a frame begins where the last one ended. */
  const round = singleFile(async (): Promise<StoreState> => {
    await store.publishRevocations();
    const read = await store.readState();
    if (!Buffer.from(read.epoch).equals(epoch)) startEpoch(read);
    while (position.number < read.number) {
      const rows = await store.readRevocations(position.number, ROWS_PER_FRAME);
      // rows past their time may be gone from the end: the position moves on all the same
      const to = rows.length < ROWS_PER_FRAME ? read.number : (rows.at(-1)?.number ?? read.number);
      emit(to, signer.batch(position, to, rows, read.now));
      tellNews();
      // who reads as fast as it comes gets the chance to: else many rows at once would fill every stream
      if (rows.length === ROWS_PER_FRAME) await new Promise((resolve) => setImmediate(resolve));
    }
    return read;
  });

  function startEpoch(read: StoreState): void {
    epoch = read.epoch;
    position = { epoch: encodeBase64url(epoch), number: read.number };
    // followers see an epoch that isn't theirs and take the snapshot
    emit(read.number, signer.heartbeat(position, read.now));
    tellNews();
  }

  function emit(to: number, frame: string): void {
    position = { epoch: position.epoch, number: to };
    streams.send(formatEvent(position.epoch, to, frame));
  }

  /** Those who wait for an answer get it now. */
  function tellNews(): void {
    news.resolve();
    news = Promise.withResolvers<void>();
  }

  /**
   * The frame from a follower's position to the present one; none where one frame doesn't reach or the position isn't ours: the
   * heartbeat that follows doesn't fit then, and the follower takes the snapshot.
   */
  async function missedBy(known: Position, now: number): Promise<string[]> {
    for (;;) {
      const here = position;
      if (known.epoch !== here.epoch || known.number >= here.number) return [];
      const rows = await store.readRevocations(known.number, ROWS_PER_FRAME);
      // a frame that went out meanwhile was not handed to this follower
      if (here !== position) continue;
      if (rows.length === ROWS_PER_FRAME && rows.at(-1)?.number !== here.number) return [];
      return [signer.batch(known, here.number, rows, now)];
    }
  }

  /** What a follower at this position gets first: what it missed, keys that are over, a heartbeat. */
  async function firstFrames(lastEventId: string | undefined, now: number): Promise<readonly string[]> {
    const known = parsePosition(lastEventId);
    const missed = known === undefined ? [] : await missedBy(known, now);
    const keys = removedKeys.length === 0 ? [] : [signer.keys(position, removedKeys, now)];
    return [...missed, ...keys, signer.heartbeat(position, now)];
  }

  async function beat(): Promise<void> {
    const read = await round();
    // only after a successful read: a server that can't see revocations must not say that there are none
    emit(position.number, signer.heartbeat(position, read.now));
    beatenAt = performance.now();
    if (++beats % PRUNE_EVERY === 0) await store.pruneRevocations(PRUNED_AT_ONCE);
  }

  async function regularly(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      if (failing) log({ level: 'info', event: 'feed.recovered' });
      failing = false;
    } catch (error) {
      if (closed) return;
      if (!failing)
        log({ level: 'error', event: 'feed.failing', reason: error instanceof Error ? error.name : 'unknown' });
      failing = true;
    }
  }

  const timers = [
    every(HEARTBEAT_MS, () => regularly(beat)),
    every(POLL_MS, () => regularly(async () => ((await store.changedSince()) ? round() : undefined))),
  ];

  return {
    get epoch() {
      return epoch;
    },
    get followers() {
      return streams.size;
    },
    get quietMs() {
      return performance.now() - beatenAt;
    },
    publish: () => Promise.race([regularly(round), wait(LONGEST_WAIT_MS)]),
    async rereadEpoch() {
      await round();
      return epoch;
    },
    async follow(lastEventId) {
      const { now } = await round();
      const frames = await firstFrames(lastEventId, now);
      // an event's id is where its reader stands after it, whichever of them it was
      return streams.open(frames.map((frame) => formatEvent(position.epoch, position.number, frame)));
    },
    async poll(lastEventId, waitMs) {
      const change = news.promise;
      const { now } = await round();
      const here = `${position.epoch}.${position.number}`;
      if (lastEventId !== here || closed) return firstFrames(lastEventId, now);
      await Promise.race([change, wait(waitMs)]);
      return firstFrames(lastEventId, (await round()).now);
    },
    async announceRemovedKeys(kids) {
      removedKeys = [...new Set([...removedKeys, ...kids])].slice(-MOST_REMOVED);
      const { now } = await round();
      emit(position.number, signer.keys(position, removedKeys, now));
      tellNews();
    },
    snapshot: createSnapshots(
      async () => {
        const { now } = await round();
        return { now, position };
      },
      store,
      signer,
    ),
    async close() {
      closed = true;
      for (const timer of timers) clearInterval(timer);
      streams.close();
      tellNews();
      await round().catch(() => {});
    },
  };
}

type SnapshotBody = Awaited<ReturnType<FeedPublisher['snapshot']>>;

/** Makes snapshots: one at a time and at most one a second. Rows that are still those of the position are signed again, and not read. */
function createSnapshots(
  present: () => Promise<{ readonly now: number; readonly position: Position }>,
  store: Store,
  signer: FrameSigner,
): () => Promise<SnapshotBody> {
  let made: { readonly at: number; readonly body: Promise<SnapshotBody> } | undefined;
  let read: { readonly at: number; readonly position: Position; readonly rows: SnapshotRows } | undefined;

  async function make(): Promise<SnapshotBody> {
    const { now, position } = await present();
    const still = read?.position.epoch === position.epoch && read.position.number === position.number;
    if (read === undefined || !still || performance.now() - read.at > ROWS_MS) {
      const fromStore = await store.snapshotRevocations();
      read = {
        at: performance.now(),
        position: { epoch: encodeBase64url(fromStore.position.epoch), number: fromStore.position.number },
        rows: await encodeSnapshotRows(fromStore.rows),
      };
    }
    return {
      etag: `"${read.position.epoch}.${read.position.number}"`,
      body: signer.snapshot(read.position, read.rows, now),
    };
  }

  return () => {
    if (made === undefined || performance.now() - made.at > SNAPSHOT_MS) {
      const body = make();
      const own = { at: performance.now(), body };
      made = own;
      // counted from when it is there; one that failed is tried again by the next who asks
      body.then(
        () => {
          if (made === own) made = { at: performance.now(), body };
        },
        () => {
          if (made === own) made = undefined;
        },
      );
    }
    return made.body;
  };
}

function parsePosition(text: string | undefined): Position | undefined {
  const [, epoch, number] = /^([\w-]{22})\.(\d{1,15})$/.exec(text ?? '') ?? [];
  return epoch === undefined ? undefined : { epoch, number: Number(number) };
}

/**
 * Runs one at a time. A call that comes while one runs gets a run that begins after it: what was committed before the call
 * is seen by it.
 */
function singleFile<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let following: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const run = work().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return () => {
    if (running === undefined) return begin();
    following ??= running
      .catch(() => {})
      .then(() => {
        following = undefined;
        return begin();
      });
    return following;
  };
}

function every(ms: number, work: () => Promise<unknown>): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    // a slow database isn't asked again before it has answered
    if (busy) return;
    busy = true;
    void work().finally(() => {
      busy = false;
    });
  }, ms).unref();
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
