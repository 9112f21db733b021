/** Something could not be fetched, or what came wasn't what it should be. Temporary, as far as one can tell. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
  /** Of the answer, where there was one. */
  readonly status: number | undefined;

  constructor(reason: string, options: { readonly cause?: unknown; readonly status?: number } = {}) {
    super(reason, 'cause' in options ? { cause: options.cause } : undefined);
    this.status = options.status;
  }
}

export interface FetchOptions {
  readonly fetch: typeof fetch;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface BoundedFetchOptions extends Omit<FetchOptions, 'signal'> {
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface OpenedAnswer {
  readonly contentType: string;
  /** Ends with {@link FetchFailed} when the connection or the signal does. */
  readonly chunks: AsyncGenerator<Uint8Array, void, void>;
}

export interface BoundedAnswer {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Opens an answer of 200 or 204; redirects are refused. The body is there as it comes, and has to be read or left with `return()`.
 *
 * @throws {FetchFailed}
 */
export async function openAnswer(url: string, options: FetchOptions): Promise<OpenedAnswer> {
  const { method = 'GET', headers = {}, body, signal } = options;
  let response: Response;
  try {
    response = await options.fetch(url, {
      method,
      headers: { ...headers },
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body }),
    });
  } catch (cause) {
    throw new FetchFailed('could not be fetched', { cause });
  }
  if (response.status !== 200 && response.status !== 204) {
    await response.body?.cancel().catch(() => {});
    throw new FetchFailed(`answered ${response.status}`, { status: response.status });
  }
  return { contentType: response.headers.get('content-type') ?? '', chunks: readChunks(response, signal) };
}

async function* readChunks({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  if (body === null) return;
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  // a body that doesn't come from the network knows nothing of the signal
  const giveUp = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener('abort', giveUp);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal.aborted) throw new FetchFailed('was given up');
      if (done) return;
      yield value;
    }
  } catch (cause) {
    if (cause instanceof FetchFailed) throw cause;
    throw new FetchFailed('broke off', { cause });
  } finally {
    signal.removeEventListener('abort', giveUp);
    giveUp();
  }
}

/**
 * Fetches a bounded answer in a bounded time; redirects are refused.
 *
 * @throws {FetchFailed}
 */
export function boundedFetch(url: string, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  return readBounded(url, options, async (chunks, contentType) => {
    const pieces: Uint8Array[] = [];
    for await (const chunk of chunks) pieces.push(chunk);
    return { contentType, bytes: Buffer.concat(pieces) };
  });
}

/**
 * Reads a bounded answer in a bounded time as it comes.
 *
 * @throws {FetchFailed} and what `read` throws.
 */
export async function readBounded<T>(
  url: string,
  options: BoundedFetchOptions,
  read: (chunks: AsyncIterable<Uint8Array>, contentType: string) => Promise<T>,
): Promise<T> {
  const { maxBytes, timeoutMs, signal, ...rest } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const { chunks, contentType } = await openAnswer(url, { ...rest, signal: both });
  return read(atMostBytes(chunks, maxBytes), contentType);
}

async function* atMostBytes(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) throw new FetchFailed('is too large');
    yield chunk;
  }
}

/** JSON of an answer whose content type says so. @throws {FetchFailed} */
export function readJson({ contentType, bytes }: BoundedAnswer): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)) throw new FetchFailed('is not JSON');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw new FetchFailed('is not JSON');
  }
}
