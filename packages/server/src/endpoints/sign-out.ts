import { z } from 'zod';
import { readOptionalBody } from '../checks/body.ts';
import { formatCookie, readCookie } from '../checks/cookie.ts';
import { checkSameOrigin } from '../checks/cross-origin.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { findAuthenticRefreshToken } from '../grants/authentic-refresh-token.ts';
import { Problem } from '../problem.ts';
import type { Delivery } from '../stores/grant-store.ts';
import type { User } from '../stores/user-store.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';
import { NOTHING } from './answers.ts';
import { refreshToken } from './members.ts';
import type { Operation } from './operation.ts';

const BODY = z.strictObject({ refresh_token: refreshToken });

/** `POST /v1/sign-out`: 204 also for what is over already, so that a repeated sign-out is no error. RFC 7009 §2.2 */
export const signOut: Operation = {
  summary: 'Sign out',
  cookie: true,
  body: { schema: BODY, optional: true },
  answers: { 204: NOTHING },
  refusals: ['invalid_request', 'request/cross-origin'],
  run: answerSignOut,
};

/** `POST /v1/sign-out-everywhere` */
export const signOutEverywhere: Operation = {
  summary: 'Sign out on every device',
  credential: 'account',
  answers: { 204: NOTHING },
  run: endAllSessions,
};

/** `POST /v1/sign-out-others` */
export const signOutOthers: Operation = {
  summary: 'Sign out on every other device',
  credential: 'account',
  answers: { 204: NOTHING },
  run: endOtherSessions,
};

async function answerSignOut(context: ServerContext, request: Request, { ip }: RequestScope): Promise<Response> {
  const { settings } = context;
  const body = await readOptionalBody(request, BODY);
  if (body.refresh_token !== undefined) {
    await endSessionOf(context, body.refresh_token, { delivery: 'bearer', ip });
    return new Response(null, { status: 204 });
  }
  const text = readCookie(settings.issuer, request);
  checkSameOrigin(settings, request);
  if (text === undefined)
    throw new Problem('invalid_request', { detail: 'there is neither refresh_token in the body nor the cookie' });
  await endSessionOf(context, text, { delivery: 'cookie', ip });
  return new Response(null, { status: 204, headers: { 'set-cookie': formatCookie(settings.issuer, '', 0) } });
}

interface Presented {
  readonly delivery: Delivery;
  readonly ip: string | undefined;
}

/** Ends the session that a refresh token belongs to; resolves once its revocation is published. */
export async function endSessionOf(context: ServerContext, text: string, presented: Presented): Promise<void> {
  const token = await findAuthenticRefreshToken(context, text);
  if (token !== undefined) await endSessionOfGrant(context, token.grantId, presented);
}

/** Whoever was signed in in this browser is so no longer: the refresh cookie is another's now. */
export async function endFormerSession(
  context: ServerContext,
  request: Request,
  { ip }: Pick<RequestScope, 'ip'>,
): Promise<void> {
  const text = readCookie(context.settings.issuer, request);
  if (text !== undefined) await endSessionOf(context, text, { delivery: 'cookie', ip });
}

/** Ends the session that a grant belongs to; resolves once its revocation is published. */
export async function endSessionOfGrant(
  context: ServerContext,
  grantId: string,
  { delivery, ip }: Presented,
): Promise<void> {
  const { settings, store, feed } = context;
  const grant = await store.findGrant(grantId);
  if (grant?.sessionId === undefined || grant.delivery !== delivery) return;
  const ended = await store.endSession(grant.userId, grant.sessionId, 'sign-out', { actor: grant.userId, ip });
  if (ended === 'ended')
    settings.log({ level: 'info', event: 'sign-out', user: grant.userId, session: grant.sessionId });
  // answered once every connected verifier has been handed the revocation
  await feed.publish();
}

async function endAllSessions(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  await endEverySession(context, user, scope);
  return new Response(null, { status: 204 });
}

/** Ends every session of a user; resolves once the revocation is published. */
export async function endEverySession(
  context: ServerContext,
  user: User,
  { ip }: Pick<RequestScope, 'ip'>,
): Promise<void> {
  await context.store.endAllSessions(user.id, 'sign-out-everywhere', { actor: user.id, ip });
  context.settings.log({ level: 'info', event: 'sign-out.everywhere', user: user.id });
  await context.feed.publish();
}

async function endOtherSessions(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  await endEveryOther(context, await authenticateAccount(context, request), scope);
  return new Response(null, { status: 204 });
}

/** Ends every session of a user but this one; resolves once the revocations are published. */
export async function endEveryOther(
  context: ServerContext,
  { user, session }: AccountPrincipal,
  { ip }: Pick<RequestScope, 'ip'> = { ip: undefined },
): Promise<void> {
  const by = { actor: user.id, ip };
  const ended = await context.store.endOtherSessions(user.id, session.id, 'sign-out-others', by);
  context.settings.log({ level: 'info', event: 'sign-out.others', user: user.id, session: session.id, ended });
  await context.feed.publish();
}
