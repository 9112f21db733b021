import type { RequestScope, ServerContext } from '../context.ts';
import { deleteSession, listSessions, me } from './account.ts';
import { feedSnapshot, followFeed } from './feed.ts';
import { jwks, metadata, readiness } from './metadata.ts';
import { refresh } from './refresh.ts';
import { signIn } from './sign-in.ts';
import { signOut, signOutEverywhere } from './sign-out.ts';
import { signUp } from './sign-up.ts';

/** One endpoint: judges a request and answers it, or throws a `Problem`. `id` is the path's `:id`, empty where it has none. */
export type Endpoint = (
  context: ServerContext,
  request: Request,
  scope: RequestScope,
  id: string,
) => Response | Promise<Response>;

/** Every address of the server and the methods it knows. Another method is 405, another address 404. */
export const ROUTES: Readonly<Record<string, Readonly<Record<string, Endpoint>>>> = {
  '/v1/sign-up': { POST: signUp },
  '/v1/sign-in': { POST: signIn },
  '/v1/refresh': { POST: refresh },
  '/v1/sign-out': { POST: signOut },
  '/v1/sign-out-everywhere': { POST: signOutEverywhere },
  '/v1/me': { GET: me },
  '/v1/sessions': { GET: listSessions },
  '/v1/sessions/:id': { DELETE: (context, request, _scope, id) => deleteSession(context, request, id) },
  '/.well-known/jwks.json': { GET: jwks },
  '/.well-known/oauth-authorization-server': { GET: metadata },
  '/events/revocations': { GET: followFeed },
  '/events/revocations/snapshot': { GET: feedSnapshot },
  '/healthz': { GET: () => Response.json({ status: 'ok' }) },
  '/readyz': { GET: readiness },
};
