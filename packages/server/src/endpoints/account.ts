import { timeOfId } from '@mapae/jwt';
import { hasAddress } from '../accounts/no-address.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { AuditEvent } from '../stores/account-store.ts';
import type { Session } from '../stores/session-store.ts';
import type { User } from '../stores/user-store.ts';
import { authenticateAccount } from '../tokens/account-token.ts';
import { ME, NOTHING, SESSIONS } from './answers.ts';
import { id } from './members.ts';
import type { Operation } from './operation.ts';

/** `GET /v1/me` */
export const me: Operation = {
  summary: 'The account that the token is for',
  credential: 'account',
  answers: { 200: ME },
  run: showAccount,
};

/** `GET /v1/sessions` */
export const listSessions: Operation = {
  summary: 'Where the person is signed in',
  credential: 'account',
  answers: { 200: SESSIONS },
  run: showSessions,
};

/** `DELETE /v1/sessions/:id`; another person's is as unknown as none. */
export const deleteSession: Operation = {
  summary: 'Sign one device out',
  credential: 'account',
  parameters: [id],
  answers: { 204: NOTHING },
  refusals: ['session/unknown'],
  run: endSession,
};

async function showAccount(context: ServerContext, request: Request): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  return Response.json(describeAccount(user));
}

/** A user as the account API shows it. */
export function describeAccount(user: User) {
  return {
    id: user.id,
    // somebody who came through a provider may have none
    email: hasAddress(user.email) ? user.email : null,
    email_verified: user.emailVerifiedAt !== undefined,
    name: user.name ?? null,
    picture: user.picture ?? null,
    locale: user.locale ?? null,
    created_at: time(user.createdAt),
    roles: user.roles,
  };
}

/** @param currentId Id of the session that asks. */
export function describeSession(session: Session, currentId: string) {
  return {
    id: session.id,
    created_at: time(session.createdAt),
    last_used_at: time(session.lastUsedAt),
    current: session.id === currentId,
    device: session.device ?? null,
    user_agent: session.userAgent ?? null,
    ip: session.ip ?? null,
  };
}

/** An audit event, one flat object: a line of the export. */
export function describeEvent(event: AuditEvent) {
  return {
    number: event.number,
    at: time(event.at),
    event: event.event,
    outcome: event.outcome,
    user: event.userId ?? null,
    actor: event.actor ?? null,
    session: event.sessionId ?? null,
    client: event.clientId ?? null,
    ip: event.ip ?? null,
    reason: event.reason ?? null,
    count: event.count,
    since: event.since === undefined ? null : time(event.since),
  };
}

async function showSessions(context: ServerContext, request: Request): Promise<Response> {
  const { user, session: current } = await authenticateAccount(context, request);
  const sessions = await context.store.listSessions(user.id);
  return Response.json({
    sessions: sessions.map((session) => describeSession(session, current.id)),
  });
}

async function endSession(
  context: ServerContext,
  request: Request,
  scope: RequestScope,
  sessionId: string,
): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  await endOneSession(context, user, scope, sessionId);
  return new Response(null, { status: 204 });
}

/** Ends a session of this user; resolves once its revocation is published. @throws {Problem} `session/unknown` */
export async function endOneSession(
  context: ServerContext,
  user: User,
  { ip }: Pick<RequestScope, 'ip'>,
  sessionId: string,
): Promise<void> {
  // what can't be an id is not asked for: PostgreSQL takes no U+0000 in a text
  if (
    timeOfId(sessionId) === undefined ||
    (await context.store.endSession(user.id, sessionId, 'ended-by-user', { actor: user.id, ip })) === 'unknown'
  )
    throw new Problem('session/unknown');
  context.settings.log({ level: 'info', event: 'session.ended', user: user.id, session: sessionId });
  await context.feed.publish();
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
