import type { Routes } from '../openapi/document.ts';
import { deleteSession, listSessions, me } from './account.ts';
import { feedSnapshot, followFeed, pollFeed, reportVerifier } from './feed.ts';
import { health, jwks, metadata, readiness } from './metadata.ts';
import { openApi } from './open-api.ts';
import { refresh } from './refresh.ts';
import { signIn } from './sign-in.ts';
import { signOut, signOutEverywhere } from './sign-out.ts';
import { signUp } from './sign-up.ts';

/** Every address of the server and the methods it knows. Another method is 405, another address 404. */
export const ROUTES: Routes = {
  '/v1/sign-up': { POST: signUp },
  '/v1/sign-in': { POST: signIn },
  '/v1/refresh': { POST: refresh },
  '/v1/sign-out': { POST: signOut },
  '/v1/sign-out-everywhere': { POST: signOutEverywhere },
  '/v1/me': { GET: me },
  '/v1/sessions': { GET: listSessions },
  '/v1/sessions/:id': { DELETE: deleteSession },
  '/.well-known/jwks.json': { GET: jwks },
  '/.well-known/oauth-authorization-server': { GET: metadata },
  '/.well-known/openid-configuration': { GET: metadata },
  '/events/revocations': { GET: followFeed },
  '/events/revocations/poll': { GET: pollFeed },
  '/events/revocations/snapshot': { GET: feedSnapshot },
  '/events/reports': { POST: reportVerifier },
  '/openapi.json': { GET: openApi(() => ROUTES) },
  '/healthz': { GET: health },
  '/readyz': { GET: readiness },
};
