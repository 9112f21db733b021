import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerContext } from '../context.ts';
import type { Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import { FRAMES, SNAPSHOT } from './answers.ts';
import type { Operation } from './operation.ts';

/** `GET /events/revocations`. docs/protocol.md §5 */
export const followFeed: Operation = {
  summary: 'Follow the revocation feed',
  credential: 'feed',
  answers: { 200: FRAMES },
  run: follow,
};

/** `GET /events/revocations/snapshot` */
export const feedSnapshot: Operation = {
  summary: 'All revocations that are in force',
  credential: 'feed',
  answers: { 200: SNAPSHOT, 304: { description: 'Still the position of If-None-Match.' } },
  run: snapshot,
};

async function follow(context: ServerContext, request: Request): Promise<Response> {
  checkFeedKey(context.settings, request);
  const stream = await context.feed.follow(request.headers.get('last-event-id') ?? undefined);
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
}

async function snapshot(context: ServerContext, request: Request): Promise<Response> {
  checkFeedKey(context.settings, request);
  const { etag, body } = await context.feed.snapshot();
  const headers = { etag, 'cache-control': 'no-cache' };
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
  return new Response(Uint8Array.from(body), { headers: { ...headers, 'content-type': 'application/octet-stream' } });
}

function checkFeedKey({ dangerouslyOpenFeed, feedKeys }: Settings, request: Request): void {
  if (dangerouslyOpenFeed) return;
  const presented = /^Bearer ([^\s,]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const digest = sha256(presented ?? '');
  // every key is compared, so that the time doesn't tell which one was close
  const good = feedKeys.filter(({ key }) => timingSafeEqual(sha256(key), digest));
  if (presented === undefined || good.length === 0)
    throw new Problem('feed/credential', { headers: { 'www-authenticate': 'Bearer' } });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
