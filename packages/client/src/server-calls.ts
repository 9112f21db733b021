import { ClientError, isPassing } from './client-error.ts';
import type { ClientSettings } from './options.ts';
import { parseProblem } from './problem.ts';

export interface ServerCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the server, with its slash. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly idempotencyKey?: string;
}

/** An answer that has come in whole. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined where it isn't. */
  readonly body: unknown;
}

/** Longer than the 10 s after which the server gives a refresh up (docs/protocol.md §2): a lock held by a call comes free. */
const CALL_MS = 15_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 500;
/** Nobody waits longer than this in front of a screen; then the caller decides. */
const LONGEST_PAUSE_SECONDS = 30;

/**
 * Sends one request to the server, and reads the answer whatever its status.
 *
 * @throws {ClientError} `client/network`, `client/closed`
 */
export async function callServer(
  settings: ClientSettings,
  call: ServerCall,
  closing: AbortSignal,
): Promise<ServerAnswer> {
  checkOpen(closing);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const timer = setTimeout(stop, CALL_MS);
  closing.addEventListener('abort', stop);
  try {
    const response = await settings.fetch(`${settings.server}${call.path}`, {
      method: call.method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      credentials: settings.delivery === 'cookie' ? 'include' : 'omit',
      cache: 'no-store',
      // a password or a token must not follow a redirect
      redirect: 'error',
      signal: abort.signal,
    });
    return { status: response.status, headers: response.headers, body: parseJson(await response.text()) };
  } catch {
    checkOpen(closing);
    throw new ClientError('client/network', 0, { message: 'the server could not be reached' });
  } finally {
    clearTimeout(timer);
    closing.removeEventListener('abort', stop);
  }
}

/**
 * The same for a request that may be sent more than once: passing trouble is tried again a few times, after what `Retry-After` asks or a
 * growing, jittered pause.
 *
 * @returns An answer that isn't passing trouble.
 * @throws {ClientError} for the last try's trouble.
 */
export async function callServerPatiently(
  settings: ClientSettings,
  call: ServerCall,
  closing: AbortSignal,
): Promise<ServerAnswer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await callServer(settings, call, closing);
      const problem = answer.status < 400 ? undefined : toError(answer);
      if (!isPassing(problem)) return answer;
      throw problem;
    } catch (error) {
      if (!isPassing(error) || tries === TRIES) throw error;
      const asked = error.retryAfterSeconds ?? 0;
      if (asked > LONGEST_PAUSE_SECONDS) throw error;
      const step = FIRST_PAUSE_MS * 2 ** (tries - 1);
      await pause(Math.max(asked * 1_000, step / 2) + (Math.random() * step) / 2, closing);
    }
  }
}

/** @throws {ClientError} where the answer isn't 2xx. */
export function checkAnswer(answer: ServerAnswer): void {
  if (answer.status < 200 || answer.status > 299) throw toError(answer);
}

export function toError({ status, headers, body }: ServerAnswer): ClientError {
  return parseProblem(status, headers, body);
}

/** @throws {ClientError} `client/closed` */
export function checkOpen(closing: AbortSignal): void {
  if (closing.aborted) throw new ClientError('client/closed', 0);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function pause(ms: number, closing: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    closing.addEventListener('abort', done);
    function done(): void {
      clearTimeout(timer);
      closing.removeEventListener('abort', done);
      resolve();
    }
  });
  checkOpen(closing);
}
