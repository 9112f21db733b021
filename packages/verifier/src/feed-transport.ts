import { boundedFetch, FetchFailed, openAnswer, readJson } from './bounded-fetch.ts';
import { createEventParser } from './event-stream.ts';

/** How frames get here. docs/protocol.md §5 */
export interface FeedTransport {
  /** Hands over frames as they come. Resolves when the other side ends the stream. @throws {FetchFailed} */
  stream(position: string, onFrame: (jws: string) => void): Promise<void>;
  /** Asks once, and waits for an answer of a moment at most. @throws {FetchFailed} */
  poll(position: string, onFrame: (jws: string) => void): Promise<void>;
}

export interface FeedTransportOptions {
  readonly url: string;
  readonly key: string | undefined;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** How long one poll may be held open. Whole seconds. */
  readonly pollSeconds: number;
}

/** The first frame comes at once: where it doesn't, something on the way holds events back. */
const FIRST_FRAME_MS = 2_000;
const SILENT_MS = 5_000;
const LONGEST_EVENT = 1_048_576;
const POLL_GRACE_MS = 5_000;
const POLL_BYTES = 2 * 1_048_576;

export function createFeedTransport(options: FeedTransportOptions): FeedTransport {
  const { url, key, fetch, signal: stopped, pollSeconds } = options;
  const credential: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };

  return {
    async stream(position, onFrame) {
      const silent = new AbortController();
      const signal = AbortSignal.any([silent.signal, stopped]);
      const first = setTimeout(() => silent.abort(), FIRST_FRAME_MS);
      let timer = first;
      try {
        const { contentType, chunks } = await openAnswer(url, {
          fetch,
          headers: { ...credential, accept: 'text/event-stream', 'last-event-id': position },
          signal,
        });
        if (!/^text\/event-stream\b/i.test(contentType)) throw new FetchFailed('is no event stream');
        const parse = createEventParser(LONGEST_EVENT);
        const decoder = new TextDecoder();
        for await (const chunk of chunks) {
          if (timer === first) {
            clearTimeout(first);
            timer = setTimeout(() => silent.abort(), SILENT_MS);
          } else timer.refresh();
          for (const event of parse(decoder.decode(chunk, { stream: true }))) onFrame(event.data);
        }
      } finally {
        clearTimeout(timer);
        // leaves no half-read connection behind, whatever ended the loop
        silent.abort();
      }
    },
    async poll(position, onFrame) {
      const answer = await boundedFetch(`${url}/poll?wait=${pollSeconds}`, {
        fetch,
        headers: { ...credential, accept: 'application/json', 'last-event-id': position },
        signal: stopped,
        timeoutMs: pollSeconds * 1_000 + POLL_GRACE_MS,
        maxBytes: POLL_BYTES,
      });
      for (const frame of readFrames(readJson(answer))) onFrame(frame);
    },
  };
}

function readFrames(answer: unknown): readonly string[] {
  const frames = typeof answer === 'object' && answer !== null && 'frames' in answer ? answer.frames : undefined;
  if (!Array.isArray(frames) || !frames.every((frame) => typeof frame === 'string'))
    throw new FetchFailed('is no answer to a poll');
  return frames as string[];
}
