import { z } from 'zod';
import { readBody } from '../checks/body.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { FRAMES, NOTHING, POLLED_FRAMES, SNAPSHOT } from './answers.ts';
import { checkFeedKey } from './feed-credential.ts';
import type { Operation } from './operation.ts';

/** `GET /events/revocations`. docs/protocol.md §5 */
export const followFeed: Operation = {
  summary: 'Follow the revocation feed',
  credential: 'feed',
  answers: { 200: FRAMES },
  run: follow,
};

/** `GET /events/revocations/poll`: the same frames for those behind something that holds streams back. */
export const pollFeed: Operation = {
  summary: 'Wait for frames of the revocation feed',
  credential: 'feed',
  parameters: [
    {
      in: 'query',
      name: 'wait',
      description: 'Longest time that the answer may be held back, whole seconds, 0 to 20. Default: 2.',
      schema: z.int().min(0).max(20),
    },
  ],
  answers: { 200: POLLED_FRAMES },
  run: poll,
};

/** `GET /events/revocations/snapshot` */
export const feedSnapshot: Operation = {
  summary: 'All revocations that are in force',
  credential: 'feed',
  answers: { 200: SNAPSHOT, 304: { description: 'Still the position of If-None-Match.' } },
  run: snapshot,
};

const count = z.int().min(0).max(1_000_000_000);
const REPORT = z.strictObject({
  name: z.string().regex(/^[\x20-\x7e]{1,200}$/),
  instance: z.string().regex(/^[\w-]{16,64}$/),
  position: z.string().regex(/^[\w-]{22}\.\d{1,15}$/),
  lag_ms: z.int().min(-1_000_000_000).max(1_000_000_000),
  stale: z.boolean(),
  cache: z.strictObject({ hits: count, misses: count }),
  refusals: z
    .record(z.string().regex(/^[a-z-]+\/[a-z-]+$/), count)
    .refine((refusals) => Object.keys(refusals).length <= 100, 'has more codes than there are'),
});

/** `POST /events/reports`: who follows, and how it goes there. */
export const reportVerifier: Operation = {
  summary: 'Report as a verifier that follows the feed',
  credential: 'feed',
  body: { schema: REPORT },
  answers: { 204: NOTHING },
  withoutDatabase: true,
  run: report,
};

async function follow(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  checkFeedKey(context.settings, request, scope);
  const stream = await context.feed.follow(request.headers.get('last-event-id') ?? undefined);
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } });
}

const LONGEST_POLL_SECONDS = 20;
const POLL_SECONDS = 2;

async function poll(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  checkFeedKey(context.settings, request, scope);
  const asked = new URL(request.url).searchParams.get('wait') ?? '';
  const seconds = /^\d{1,3}$/.test(asked) ? Math.min(LONGEST_POLL_SECONDS, Number(asked)) : POLL_SECONDS;
  const frames = await context.feed.poll(request.headers.get('last-event-id') ?? undefined, seconds * 1_000);
  return Response.json({ frames });
}

async function snapshot(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  checkFeedKey(context.settings, request, scope);
  const { etag, body } = await context.feed.snapshot();
  const headers = { etag, 'cache-control': 'no-cache' };
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
  return new Response(body, { headers: { ...headers, 'content-type': 'application/octet-stream' } });
}

async function report(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const credential = checkFeedKey(context.settings, request, scope);
  const { name, instance, position, lag_ms: lagMs, stale, cache, refusals } = await readBody(request, REPORT);
  context.verifiers.report({
    name,
    instance,
    credential,
    position,
    lagMs,
    stale,
    cacheHits: cache.hits,
    cacheMisses: cache.misses,
    refusals,
  });
  return new Response(null, { status: 204 });
}
