import { timeOfId } from '@mapae/jwt';
import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
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
  run: (context, request, _scope, sessionId) => endSession(context, request, sessionId),
};

async function showAccount(context: ServerContext, request: Request): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  return Response.json({
    id: user.id,
    email: user.email,
    email_verified: user.emailVerifiedAt !== undefined,
    name: user.name ?? null,
    created_at: time(user.createdAt),
    roles: user.roles,
  });
}

async function showSessions(context: ServerContext, request: Request): Promise<Response> {
  const { user, session: current } = await authenticateAccount(context, request);
  const sessions = await context.store.listSessions(user.id);
  return Response.json({
    sessions: sessions.map((session) => ({
      id: session.id,
      created_at: time(session.createdAt),
      last_used_at: time(session.lastUsedAt),
      current: session.id === current.id,
      device: session.device ?? null,
      user_agent: session.userAgent ?? null,
      ip: session.ip ?? null,
    })),
  });
}

async function endSession(context: ServerContext, request: Request, sessionId: string): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  // what can't be an id is not asked for: PostgreSQL takes no U+0000 in a text
  if (
    timeOfId(sessionId) === undefined ||
    (await context.store.endSession(user.id, sessionId, 'ended-by-user')) === 'unknown'
  )
    throw new Problem('session/unknown');
  context.settings.log({ level: 'info', event: 'session.ended', user: user.id, session: sessionId });
  await context.feed.publish();
  return new Response(null, { status: 204 });
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
