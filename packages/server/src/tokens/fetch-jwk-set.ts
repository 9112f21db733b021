import { type JwkSet, parseStrictJson } from '@mapae/jwt';

const TIMEOUT_MS = 5_000;
const LARGEST = 64 * 1_024;
const MOST_KEYS = 100;

/**
 * Fetches a key set from an address that was configured. No redirects, bounded in time and size.
 *
 * @throws {Error} whose message says what was wrong and repeats nothing of the answer.
 */
export async function fetchJwkSet(address: string): Promise<JwkSet> {
  const response = await fetch(address, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > LARGEST) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  const { keys } = parseStrictJson(Buffer.concat(chunks)) as { readonly keys?: unknown };
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new Error('is no key set, or one with too many keys');
  return { keys: keys.filter((key): key is JwkSet['keys'][number] => typeof key === 'object' && key !== null) };
}
