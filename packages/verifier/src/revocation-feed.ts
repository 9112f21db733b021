import { boundedFetch, FetchFailed } from './bounded-fetch.ts';
import { createEventParser } from './event-stream.ts';
import type { FeedFrame } from './feed-frame.ts';
import type { RevocationList } from './revocation-list.ts';
import { readSnapshot } from './snapshot.ts';

/** Follows the feed of one issuer and keeps its list. docs/protocol.md §5 */
export interface RevocationFeed {
  /** When the last fresh frame was applied, by the monotonic clock; undefined before the first snapshot. */
  readonly freshAt: number | undefined;
  /** `<epoch>.<number>`; undefined before the first snapshot. */
  readonly position: string | undefined;
  close(): void;
}

export interface RevocationFeedOptions {
  readonly url: string;
  readonly key: string | undefined;
  readonly list: RevocationList;
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
  readonly onFrame: () => void;
  readonly log: (event: string) => void;
}

const SILENT_MS = 5_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const LONGEST_EVENT = 1_048_576;
const SNAPSHOT_LIMITS = { timeoutMs: 30_000, maxBytes: 64 * 1_048_576 };

/** A frame doesn't continue our position: something was lost, or the issuer began anew. */
class OutOfStep extends Error {
  override readonly name = 'OutOfStep';
}

export function followRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { url, key, list, readFrame, clock, monotonic, log } = options;
  const stopped = new AbortController();
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  let epoch = '';
  let number = -1;
  let lastAt = 0;
  let freshAt: number | undefined;

  async function takeSnapshot(): Promise<void> {
    const { bytes } = await boundedFetch(`${url}/snapshot`, {
      fetch: options.fetch,
      headers,
      signal: stopped.signal,
      ...SNAPSHOT_LIMITS,
    });
    const snapshot = await readSnapshot(bytes, readFrame);
    // an old one, kept back and served again, would undo what is known: within an epoch the number only grows
    if ((snapshot.epoch === epoch && snapshot.number < number) || snapshot.at < lastAt - options.freshWithinMs)
      throw new OutOfStep('snapshot');
    list.replace(snapshot.rows, clock());
    ({ epoch, number } = snapshot);
    noteFresh(snapshot.at);
    options.onFrame();
  }

  /** Fresh: newer than any before, so that it isn't a repetition, and signed a moment ago, so that it wasn't held back. */
  function noteFresh(at: number): void {
    // a list that isn't whole is never fresh
    if (at <= lastAt || list.overflowed) return;
    lastAt = at;
    if (Math.abs(clock() - at) <= options.freshWithinMs) freshAt = monotonic();
  }

  function apply(frame: FeedFrame): void {
    if (frame.epoch !== epoch || frame.from !== number || frame.to < frame.from) throw new OutOfStep('frame');
    if (frame.event === 'batch') list.add(frame.rows, clock());
    else if (frame.event === 'keys') options.removeKeys(frame.removed);
    else if (frame.event === 'snapshot' || frame.to !== frame.from) throw new OutOfStep('frame');
    number = frame.to;
    noteFresh(frame.at);
    options.onFrame();
  }

  async function stream(): Promise<void> {
    const silent = new AbortController();
    const signal = AbortSignal.any([silent.signal, stopped.signal]);
    let timer = setTimeout(() => silent.abort(), SILENT_MS);
    try {
      const response = await options.fetch(url, {
        headers: { ...headers, accept: 'text/event-stream', 'last-event-id': `${epoch}.${number}` },
        redirect: 'error',
        signal,
      });
      if (response.status !== 200 || !/^text\/event-stream\b/.test(response.headers.get('content-type') ?? '')) {
        await response.body?.cancel();
        throw new FetchFailed('is no event stream');
      }
      const parse = createEventParser(LONGEST_EVENT);
      const decoder = new TextDecoder();
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENT_MS);
        for (const event of parse(decoder.decode(chunk, { stream: true }))) apply(readFrame(event.data));
      }
    } finally {
      clearTimeout(timer);
      // leaves no half-read connection behind, whatever ended the loop
      silent.abort();
    }
  }

  async function follow(): Promise<void> {
    let wait = FIRST_WAIT_MS;
    let again = false;
    let inStep = false;
    while (!stopped.signal.aborted) {
      const before = lastAt;
      try {
        if (await options.prepareKeys(again)) {
          if (!inStep) await takeSnapshot();
          inStep = true;
          await stream();
        }
        again = false;
      } catch (error) {
        if (stopped.signal.aborted) return;
        const lost = error instanceof FetchFailed || isAbort(error);
        // an end of the connection keeps the position; anything that was refused begins with a snapshot
        if (!lost) inStep = false;
        again = !lost && !(error instanceof OutOfStep);
        log(lost ? 'feed.lost' : error instanceof OutOfStep ? 'feed.out-of-step' : 'feed.refused');
      }
      wait = lastAt > before ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, wait * 2);
      await pause(wait * (0.5 + options.jitter() / 2), stopped.signal);
    }
  }

  void follow();
  return {
    get freshAt() {
      return freshAt;
    },
    get position() {
      return number === -1 ? undefined : `${epoch}.${number}`;
    },
    close: () => stopped.abort(),
  };
}

/** What fetch and its body throw when the network or a signal ends them. */
function isAbort(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof Error && error.name === 'AbortError');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
