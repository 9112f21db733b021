import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestScope } from '../context.ts';
import type { Settings } from '../options.ts';
import { Problem } from '../problem.ts';

/**
 * Who may follow the feed: whoever has one of its keys, or the server itself in hand.
 *
 * @returns Name of the key; undefined where none was asked for.
 * @throws {Problem} `feed/credential`
 */
export function checkFeedKey(
  { dangerouslyOpenFeed, feedKeys }: Settings,
  request: Request,
  scope: RequestScope,
): string | undefined {
  if (scope.inProcess) return undefined;
  const presented = /^Bearer ([^\s,]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const digest = sha256(presented ?? '');
  // every key is compared, so that the time doesn't tell which one was close
  const [good] = feedKeys.filter(({ key }) => timingSafeEqual(sha256(key), digest));
  if (presented !== undefined && good !== undefined) return good.name;
  if (dangerouslyOpenFeed) return undefined;
  throw new Problem('feed/credential', { headers: { 'www-authenticate': 'Bearer' } });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
