import { SocialFailed } from './failure.ts';

/** Asks a provider something: bounded in time and size, without redirects, over TLS. */
export type ProviderFetch = (url: string, init?: ProviderRequest) => Promise<Response>;

export interface ProviderRequest {
  readonly method?: string;
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
/** For the whole answer: a person waits for it. */
const TIMEOUT_MS = 5_000;
const MOST_BYTES = 256 * 1_024;

/** True where plain http is no danger: the other side is this machine. */
export function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && LOOPBACK.has(hostname);
}

/** True for an address over TLS, or on this machine. */
export function isSafe(url: string): boolean {
  return URL.canParse(url) && (url.startsWith('https://') || isLoopback(url));
}

export interface ProviderFetchOptions {
  readonly fetch: typeof fetch;
  readonly timeoutMs?: number;
}

/** @throws {SocialFailed} `provider-down` or `provider-answer`, from the function that comes out. */
export function createProviderFetch({ fetch, timeoutMs = TIMEOUT_MS }: ProviderFetchOptions): ProviderFetch {
  return async (url, init = {}) => {
    if (!isSafe(url)) throw new SocialFailed('provider-answer', 'no-tls');
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    try {
      response = await fetch(url, {
        method: init.method ?? 'GET',
        headers: new Headers(init.headers as Record<string, string>),
        ...(init.body === undefined || init.body === null ? {} : { body: init.body as string | URLSearchParams }),
        redirect: 'manual',
        signal,
      });
    } catch (cause) {
      throw new SocialFailed('provider-down', signal.aborted ? 'timeout' : 'unreachable', { cause });
    }
    const { status } = response;
    if (status >= 500 || status === 429) {
      await response.body?.cancel().catch(() => {});
      throw new SocialFailed('provider-down', `status-${status}`);
    }
    if (status >= 300 && status < 400) {
      await response.body?.cancel().catch(() => {});
      throw new SocialFailed('provider-answer', 'redirected');
    }
    const bytes = await readAll(response, signal);
    // an answer that is told to have no body must have none, or it can't be made again
    return new Response(status === 204 || status === 205 ? null : Uint8Array.from(bytes), {
      status,
      headers: response.headers,
    });
  };
}

async function readAll({ body }: Response, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = (body as ReadableStream<Uint8Array> | null)?.getReader();
  const giveUp = (): void => void reader?.cancel().catch(() => {});
  // a body that doesn't come from the network knows nothing of the signal
  signal.addEventListener('abort', giveUp);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (signal.aborted) throw new SocialFailed('provider-down', 'timeout');
      if (done || value === undefined) return Buffer.concat(chunks);
      length += value.length;
      if (length > MOST_BYTES) throw new SocialFailed('provider-answer', 'too-large');
      chunks.push(value);
    }
  } catch (cause) {
    if (cause instanceof SocialFailed) throw cause;
    throw new SocialFailed('provider-down', signal.aborted ? 'timeout' : 'broke-off', { cause });
  } finally {
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}

/** The JSON object of an answer of 200. @throws {SocialFailed} `provider-answer` */
export async function readObject(response: Response): Promise<Readonly<Record<string, unknown>>> {
  if (response.status !== 200) throw new SocialFailed('provider-answer', `status-${response.status}`);
  const value = await readJson(response);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SocialFailed('provider-answer', 'no-object');
  return value as Readonly<Record<string, unknown>>;
}

/** @throws {SocialFailed} `provider-answer` */
export async function readJson(response: Response): Promise<unknown> {
  // some send JSON as text/javascript; HTML is what a login wall or a proxy sends
  if (!/^(?:application\/(?:[\w.+-]+\+)?json|text\/javascript)\b/i.test(response.headers.get('content-type') ?? ''))
    throw new SocialFailed('provider-answer', 'no-json');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer())) as unknown;
  } catch {
    throw new SocialFailed('provider-answer', 'no-json');
  }
}
