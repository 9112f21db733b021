/** Something could not be fetched, or what came wasn't what it should be. Temporary, as far as one can tell. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
}

export interface BoundedFetchOptions {
  readonly fetch: typeof fetch;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface BoundedAnswer {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Fetches a bounded answer in a bounded time; redirects are refused.
 *
 * @throws {FetchFailed}
 */
export async function boundedFetch(url: string, options: BoundedFetchOptions): Promise<BoundedAnswer> {
  const { maxBytes, timeoutMs, headers = {} } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const response = await options.fetch(url, { headers: { ...headers }, redirect: 'error', signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new FetchFailed(`answered ${response.status}`);
    }
    return { contentType: response.headers.get('content-type') ?? '', bytes: await readBounded(response, maxBytes) };
  } catch (cause) {
    if (cause instanceof FetchFailed) throw cause;
    throw new FetchFailed('could not be fetched', { cause });
  }
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new FetchFailed('is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
