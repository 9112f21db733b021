import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readOptionalBody } from '../checks/body.ts';
import { formatCookie, readCookie } from '../checks/cookie.ts';
import { checkBearerOrigin, checkSameOrigin } from '../checks/cross-origin.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { findAuthenticRefreshToken } from '../grants/authentic-refresh-token.ts';
import { Problem } from '../problem.ts';
import type { Delivery, RefreshPresentation, RefreshVerdict } from '../stores/grant-store.ts';
import { findTarget } from '../tokens/access-token.ts';
import { answerTokens } from '../tokens/token-answer.ts';
import { REFRESHED } from './answers.ts';
import { refreshToken, resource, scope } from './members.ts';
import type { Operation } from './operation.ts';

const BODY = z.strictObject({ refresh_token: refreshToken, resource, scope });
const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;

/** `POST /v1/refresh` */
export const refresh: Operation = {
  summary: 'New access token; the refresh token moves on',
  cookie: true,
  body: { schema: BODY, optional: true },
  parameters: [
    {
      in: 'header',
      name: 'Idempotency-Key',
      description:
        'With the same key, an answer that was lost is given again. One for each refresh token, kept until it has rotated.',
      schema: z.string().regex(IDEMPOTENCY_KEY),
    },
  ],
  answers: { 200: REFRESHED },
  refusals: [
    'invalid_request',
    'server/hook',
    'invalid_grant',
    'invalid_target',
    'invalid_scope',
    'request/idempotency-key',
    'request/cross-origin',
    'request/bearer-origin',
  ],
  run: answerRefresh,
};

/** Everything that can be refused without the row is refused first: a refusal must not spend a counter. */
async function answerRefresh(context: ServerContext, request: Request, requestScope: RequestScope): Promise<Response> {
  const { settings } = context;
  const body = await readOptionalBody(request, BODY);
  const { text, delivery } = findCredential(context, request, body.refresh_token);
  const retryKeyHash = readIdempotencyKey(request);
  const target = findTarget(settings, body.resource, body.scope);

  const asked = { audience: target.audience, scopes: body.scope === undefined ? [] : target.scopes };
  const { verdict, epoch } = await judge(context, text, { delivery, retryKeyHash, target: asked, ...requestScope });
  switch (verdict?.status) {
    case 'advanced':
    case 'same':
    case 'retry':
      settings.log({
        level: 'debug',
        event: 'refresh.accepted',
        session: verdict.session?.id,
        grant: verdict.grant.id,
        verdict: verdict.status,
      });
      return answerTokens(context, { ...verdict, epoch, target, rotated: verdict.status !== 'same' });
    case 'target':
      throw new Problem('invalid_target', { detail: 'the grant is not for this resource' });
    case 'scope':
      throw new Problem('invalid_scope', { detail: 'more was asked for than was granted' });
    case 'late':
      throw new Problem('server/unavailable', { detail: 'the request waited too long; send it again' });
    case 'replayed':
      settings.log({
        level: 'warn',
        event: 'refresh.replayed',
        user: verdict.grant.userId,
        session: verdict.grant.sessionId,
        grant: verdict.grant.id,
      });
      context.mailer.kick();
      await context.feed.publish();
      throw over(settings.issuer, delivery);
    case 'ahead':
      settings.log({
        level: 'error',
        event: 'epoch.changed',
        reason: 'a refresh token is ahead of the database: it was restored',
      });
      await context.store.changeEpoch(epoch);
      await context.feed.publish();
      throw over(settings.issuer, delivery);
    default:
      throw over(settings.issuer, delivery);
  }
}

interface Presentation extends RequestScope {
  readonly delivery: Delivery;
  readonly retryKeyHash: Uint8Array | undefined;
  readonly target: NonNullable<RefreshPresentation['target']>;
}

/** @returns No verdict where the token isn't ours. */
async function judge(
  context: ServerContext,
  text: string,
  presentation: Presentation,
): Promise<{ readonly verdict: RefreshVerdict | undefined; readonly epoch: Uint8Array }> {
  const { settings, store, secrets, feed, mailer } = context;
  for (let tries = 0; ; tries++) {
    const epoch = feed.epoch;
    const token = await findAuthenticRefreshToken(context, text);
    if (token === undefined) return { verdict: undefined, epoch };
    const verdict = await store.presentRefreshCounter({
      ...presentation,
      grantId: token.grantId,
      counter: token.counter,
      epoch: token.epoch,
      windowSeconds: settings.retryWindowSeconds,
      idleSeconds: settings.idleSeconds,
      secretId: secrets.current.id,
      ifReplayed: (user) => ({
        mails: mailer.write({ ...user, userId: user.id }, 'session-stolen', eventNow(context, presentation.ip)),
      }),
    });
    // another process changed the epoch a moment ago: judged once more under the new one
    if (verdict.status !== 'epoch' || tries > 0) return { verdict, epoch: token.epoch };
    await feed.rereadEpoch();
  }
}

/** A token in the body comes first; then no cookie is read or set. */
function findCredential(
  { settings }: ServerContext,
  request: Request,
  inBody: string | undefined,
): { readonly text: string; readonly delivery: Delivery } {
  if (inBody !== undefined) {
    checkBearerOrigin(settings, request);
    return { text: inBody, delivery: 'bearer' };
  }
  const text = readCookie(settings.issuer, request);
  if (text === undefined)
    throw new Problem('invalid_request', { detail: 'there is neither refresh_token in the body nor the cookie' });
  checkSameOrigin(settings, request);
  return { text, delivery: 'cookie' };
}

function readIdempotencyKey(request: Request): Uint8Array | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) return undefined;
  if (!IDEMPOTENCY_KEY.test(key)) throw new Problem('request/idempotency-key');
  return createHash('sha256').update(key).digest();
}

function over(issuer: string, delivery: Delivery): Problem {
  return new Problem(
    'invalid_grant',
    delivery === 'cookie' ? { headers: { 'set-cookie': formatCookie(issuer, '', 0) } } : {},
  );
}
