import type { Session } from './session.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

/** A token was refused, not the request. RFC 6750 §3.1 */
const INVALID_TOKEN = /\bbearer\b.*\berror\s*=\s*"?invalid_token\b/i;

/**
 * Sends a request with an access token; where that is refused, once more with another.
 *
 * @param resource  Empty for the account API.
 */
export async function sendAuthorized<T extends Answer>(
  session: Session,
  resource: string,
  send: (token: string) => Promise<T>,
  isRepeatable = true,
): Promise<T> {
  const token = await session.accessToken(resource);
  const answer = await send(token);
  if (answer.status !== 401 || !INVALID_TOKEN.test(answer.headers.get('www-authenticate') ?? '')) return answer;
  const another = await session.replaceAccessToken(resource, token);
  return isRepeatable ? send(another) : answer;
}
