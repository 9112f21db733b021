import { ClientError } from './client-error.ts';
import type { ClientSettings } from './options.ts';
import { callServerPatiently, toError } from './server-calls.ts';
import { parseTokenAnswer, type TokenAnswer } from './token-answer.ts';

/** The server said that the session is over, or that there is none. */
export class SessionOver extends ClientError {}

/**
 * Trades the refresh token for an access token. Call it under the lock.
 *
 * The Idempotency-Key is stored before the request leaves, and stays until an answer has brought another refresh token: should
 * that answer be lost, even with the page, whoever refreshes next shows the same key and is given the same refresh token again.
 * An answer that brought none ends no key, for another request under way may yet move the token on. docs/protocol.md §2
 *
 * @param resource  Identifier of the API; empty for the account API.
 * @throws {SessionOver} where nobody is signed in any more; all other trouble leaves the session as it was.
 */
export async function refresh(settings: ClientSettings, resource: string, closing: AbortSignal): Promise<TokenAnswer> {
  const { storage, delivery } = settings;
  // read under the lock: another tab may have replaced it a moment ago
  const refreshToken = delivery === 'bearer' ? await storage.get('refresh-token') : undefined;
  if (delivery === 'bearer' && refreshToken === undefined) throw new SessionOver('client/signed-out', 0);

  const idempotencyKey = await storeIdempotencyKey(settings);
  const answer = await callServerPatiently(
    settings,
    {
      method: 'POST',
      path: '/v1/refresh',
      body: {
        ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
        ...(resource === '' ? {} : { resource }),
      },
      idempotencyKey,
    },
    closing,
  );

  if (answer.status === 400) {
    const problem = toError(answer);
    if (problem.code === 'invalid_grant') {
      await forgetCredential(settings);
      throw new SessionOver(problem.code, problem.status, { message: problem.message });
    }
    // the browser had no cookie to send. The key stays: it says nothing about an answer that was lost.
    if (problem.code === 'invalid_request' && delivery === 'cookie') throw new SessionOver('client/signed-out', 400);
  }
  const tokens = parseTokenAnswer(answer, delivery);
  if (!tokens.rotated) return tokens;
  // where locks don't reach (another process), somebody may have gone on or signed out meanwhile: theirs is the newer
  const isOurs = async (name: 'refresh-token' | 'idempotency-key', sent: string | undefined): Promise<boolean> =>
    (await storage.get(name)) === sent;
  if (tokens.refreshToken !== undefined && (await isOurs('refresh-token', refreshToken)))
    await storage.set('refresh-token', tokens.refreshToken);
  if (await isOurs('idempotency-key', idempotencyKey)) await storage.remove('idempotency-key');
  return tokens;
}

/** What a sign-in brought, before the key of the last one goes: torn in between, both still fit. */
export async function storeCredential(settings: ClientSettings, { refreshToken }: TokenAnswer): Promise<void> {
  if (refreshToken !== undefined) await settings.storage.set('refresh-token', refreshToken);
  await settings.storage.remove('idempotency-key');
}

export async function forgetCredential(settings: ClientSettings): Promise<void> {
  if (settings.delivery === 'bearer') await settings.storage.remove('refresh-token');
  await settings.storage.remove('idempotency-key');
}

const KEY = /^[\x20-\x7e]{1,255}$/;

async function storeIdempotencyKey({ storage, random }: ClientSettings): Promise<string> {
  const kept = await storage.get('idempotency-key');
  // scripts of the origin may have written there; a key the server can't take would block every refresh
  if (kept !== undefined && KEY.test(kept)) return kept;
  const key = random();
  await storage.set('idempotency-key', key);
  return key;
}
