import type { ServerContext } from '../context.ts';
import { parseRefreshToken, type RefreshToken, tagHolds } from './refresh-token.ts';

export interface AuthenticRefreshToken extends RefreshToken {
  /** The epoch under which the tag holds. */
  readonly epoch: Uint8Array;
}

const lastReread = new WeakMap<ServerContext, number>();
const REREAD_MS = 1_000;

/**
 * A refresh token that this server made, in this epoch.
 *
 * A wrong tag is refused without a look-up, but for one thing: another process may just have changed the epoch. So the epoch is
 * read again, at most once a second, before a token of a known secret is called forged.
 *
 * @returns undefined for any other text.
 */
export async function findAuthenticRefreshToken(
  context: ServerContext,
  text: string,
): Promise<AuthenticRefreshToken | undefined> {
  const token = parseRefreshToken(text);
  const secret = token === undefined ? undefined : context.secrets.find(token.secretId);
  if (token === undefined || secret === undefined) return undefined;
  const { epoch } = context.feed;
  if (tagHolds(secret, epoch, token)) return { ...token, epoch };
  const now = performance.now();
  if (now - (lastReread.get(context) ?? Number.NEGATIVE_INFINITY) < REREAD_MS) return undefined;
  lastReread.set(context, now);
  const reread = await context.feed.rereadEpoch();
  return tagHolds(secret, reread, token) ? { ...token, epoch: reread } : undefined;
}
