import type { Routes } from '../openapi/document.ts';
import { deleteSession, listSessions, me } from './account.ts';
import {
  claimAdmin,
  endUserSession,
  endUserSessions,
  listUserSessions,
  listUsers,
  makeResetLink,
  restoreUser,
  setRoles,
  showUser,
  suspendUser,
} from './admin.ts';
import { exportAudit, listAudit } from './audit.ts';
import { askVerification, changeEmail, confirmEmail, verifyEmail } from './email.ts';
import { feedSnapshot, followFeed, pollFeed, reportVerifier } from './feed.ts';
import { introspectToken } from './introspect.ts';
import { addLogin, beginLink, deleteLogin, exchangeNative, listLogins } from './logins.ts';
import { mailbox } from './mailbox.ts';
import { health, jwks, metadata, readiness } from './metadata.ts';
import { metrics } from './metrics.ts';
import { openApi } from './open-api.ts';
import { changePassword, forgotPassword, resetPassword } from './password.ts';
import { changeMe, deleteMe, exportMe } from './profile.ts';
import { reference } from './reference.ts';
import { refresh } from './refresh.ts';
import { signIn } from './sign-in.ts';
import { signOut, signOutEverywhere, signOutOthers } from './sign-out.ts';
import { signUp } from './sign-up.ts';
import { listProviders, socialCallback, socialFormCallback, startSocial } from './social.ts';

/** Every address of the server and the methods it knows. Another method is 405, another address 404. */
export const ROUTES: Routes = {
  '/v1/sign-up': { POST: signUp },
  '/v1/sign-in': { POST: signIn },
  '/v1/refresh': { POST: refresh },
  '/v1/sign-out': { POST: signOut },
  '/v1/sign-out-everywhere': { POST: signOutEverywhere },
  '/v1/sign-out-others': { POST: signOutOthers },
  '/v1/me': { GET: me, PATCH: changeMe, DELETE: deleteMe },
  '/v1/me/export': { GET: exportMe },
  '/v1/email/verification': { POST: askVerification },
  '/v1/email/verify': { POST: verifyEmail },
  '/v1/email/change': { POST: changeEmail },
  '/v1/email/confirm': { POST: confirmEmail },
  '/v1/password/forgot': { POST: forgotPassword },
  '/v1/password/reset': { POST: resetPassword },
  '/v1/password/change': { POST: changePassword },
  '/v1/sessions': { GET: listSessions },
  '/v1/sessions/:id': { DELETE: deleteSession },
  '/v1/admin/claim': { POST: claimAdmin },
  '/v1/admin/users': { GET: listUsers },
  '/v1/admin/users/:id': { GET: showUser },
  '/v1/admin/users/:id/suspend': { POST: suspendUser },
  '/v1/admin/users/:id/restore': { POST: restoreUser },
  '/v1/admin/users/:id/roles': { PUT: setRoles },
  '/v1/admin/users/:id/reset-link': { POST: makeResetLink },
  '/v1/admin/users/:id/sessions': { GET: listUserSessions, DELETE: endUserSessions },
  '/v1/admin/sessions/:id': { DELETE: endUserSession },
  '/v1/admin/audit': { GET: listAudit },
  '/v1/admin/audit/export': { GET: exportAudit },
  '/oauth2/introspect': { POST: introspectToken },
  '/v1/social': { GET: listProviders },
  '/v1/social/:provider/token': { POST: exchangeNative },
  '/v1/social/:provider/link': { POST: beginLink },
  '/v1/me/logins': { GET: listLogins, POST: addLogin },
  '/v1/me/logins/:id': { DELETE: deleteLogin },
  '/social/:provider/start': { GET: startSocial },
  '/social/:provider/callback': { GET: socialCallback, POST: socialFormCallback },
  '/dev/mailbox': { GET: mailbox },
  '/.well-known/jwks.json': { GET: jwks },
  '/.well-known/oauth-authorization-server': { GET: metadata },
  '/.well-known/openid-configuration': { GET: metadata },
  '/events/revocations': { GET: followFeed },
  '/events/revocations/poll': { GET: pollFeed },
  '/events/revocations/snapshot': { GET: feedSnapshot },
  '/events/reports': { POST: reportVerifier },
  '/openapi.json': { GET: openApi(() => ROUTES) },
  '/reference': { GET: reference(() => ROUTES) },
  '/metrics': { GET: metrics },
  '/healthz': { GET: health },
  '/readyz': { GET: readiness },
};
