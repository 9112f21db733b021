import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { authenticateAccount } from '../tokens/account-token.ts';

/** `GET /v1/me` */
export async function me(context: ServerContext, request: Request): Promise<Response> {
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

/** `GET /v1/sessions` */
export async function listSessions(context: ServerContext, request: Request): Promise<Response> {
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

/** `DELETE /v1/sessions/:id`; another person's is as unknown as none. */
export async function deleteSession(context: ServerContext, request: Request, sessionId: string): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  if ((await context.store.endSession(user.id, sessionId, 'ended-by-user')) === 'unknown')
    throw new Problem('session/unknown');
  context.settings.log({ level: 'info', event: 'session.ended', user: user.id, session: sessionId });
  await context.feed.publish();
  return new Response(null, { status: 204 });
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
