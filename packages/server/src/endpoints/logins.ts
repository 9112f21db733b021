import { z } from 'zod';
import { readBody, readOptionalBody } from '../checks/body.ts';
import { checkBearerOrigin, checkSameOrigin } from '../checks/cross-origin.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { FIRST_PARTY_CLIENT } from '../options.ts';
import { Problem } from '../problem.ts';
import { findOrMakeAccount, LinkOffered } from '../social/account.ts';
import { beginFlow } from '../social/flow.ts';
import { destinationOf } from '../social/leading.ts';
import { checkFreshProof, checkMayLink, linkLogin, linkPendingLogin, unlinkLogin } from '../social/link.ts';
import { readPendingLogin, removePendingLogin } from '../social/pending-login.ts';
import type { SocialProfile } from '../social/provider.ts';
import { startLoginSession } from '../social/sign-in.ts';
import { findProvider, judgeNativeToken, toSocialProblem } from '../social/social.ts';
import type { Login } from '../stores/login-store.ts';
import { findTarget } from '../tokens/access-token.ts';
import { authenticateAccount } from '../tokens/account-token.ts';
import { answerTokens } from '../tokens/token-answer.ts';
import { LINK_BEGUN, LOGIN, LOGINS, NOTHING, TOKENS } from './answers.ts';
import { id as idParameter, line, password, provider as providerParameter, resource, scope } from './members.ts';
import type { Operation } from './operation.ts';

const idToken = z.string().max(16_384);
const nonce = z.string().min(1).max(200).optional();

const NATIVE = z.strictObject({
  id_token: idToken,
  nonce,
  client_id: z.string().max(64).default(FIRST_PARTY_CLIENT),
  resource,
  scope,
  device: line(100).optional(),
  /** Apple tells the app, once, and not in the token. */
  name: line(100).optional(),
});
const LINK = z.strictObject({ password: password.optional(), return_to: z.string().max(2_000).optional() });
const ADD = z.strictObject({
  provider: z.string().max(32).optional(),
  id_token: idToken.optional(),
  nonce,
  password: password.optional(),
});
const REMOVE = z.strictObject({ password: password.optional() });

/** `POST /v1/social/:provider/token`: bearer delivery, for apps. */
export const exchangeNative: Operation = {
  summary: 'Exchange the ID token of a provider, which an app got from its SDK, for tokens of this server',
  parameters: [providerParameter],
  body: { schema: NATIVE },
  answers: { 200: TOKENS },
  refusals: [
    'social/unknown-provider',
    'social/token',
    'social/denied',
    'social/provider-down',
    'social/provider-answer',
    'social/link-offer',
    'social/email-unverified',
    'account/refused',
    'invalid_client',
    'invalid_target',
    'invalid_scope',
    'request/bearer-origin',
    'request/too-many',
    'server/hook',
  ],
  run: answerNative,
};

/** `POST /v1/social/:provider/link` */
export const beginLink: Operation = {
  summary:
    'Begin to link a login: the answer says where to send the browser; what comes of it waits for POST /v1/me/logins',
  credential: 'account',
  cookie: true,
  parameters: [providerParameter],
  body: { schema: LINK, optional: true },
  answers: { 200: LINK_BEGUN },
  refusals: [
    'social/unknown-provider',
    'social/provider-down',
    'social/provider-answer',
    'account/proof',
    'account/credentials',
    'account/unverified',
    'request/cross-origin',
    'request/too-many',
  ],
  run: answerLink,
};

/** `GET /v1/me/logins` */
export const listLogins: Operation = {
  summary: 'Logins at other providers that open the account',
  credential: 'account',
  answers: { 200: LOGINS },
  run: showLogins,
};

/** `POST /v1/me/logins` */
export const addLogin: Operation = {
  summary: 'Link the login that waits in this browser, or the one that an ID token proves',
  credential: 'account',
  cookie: true,
  body: { schema: ADD, optional: true },
  answers: { 201: LOGIN },
  refusals: [
    'social/unknown-provider',
    'social/state',
    'social/token',
    'social/denied',
    'social/provider-down',
    'social/provider-answer',
    'social/login-taken',
    'account/proof',
    'account/credentials',
    'account/unverified',
    'request/cross-origin',
    'request/too-many',
  ],
  run: answerAdd,
};

/** `DELETE /v1/me/logins/:id` */
export const deleteLogin: Operation = {
  summary: 'Unlink a login, unless it is the only way in',
  credential: 'account',
  parameters: [idParameter],
  body: { schema: REMOVE, optional: true },
  answers: { 204: NOTHING },
  refusals: [
    'social/login-unknown',
    'social/last-credential',
    'account/proof',
    'account/credentials',
    'request/too-many',
  ],
  run: answerDelete,
};

async function answerNative(
  context: ServerContext,
  request: Request,
  { ip }: RequestScope,
  id: string,
): Promise<Response> {
  const { settings, limits } = context;
  const body = await readBody(request, NATIVE);
  const provider = findProvider(context, id);
  checkBearerOrigin(settings, request);
  if (body.client_id !== FIRST_PARTY_CLIENT && !settings.clients.some((one) => one.id === body.client_id))
    throw new Problem('invalid_client');
  const target = findTarget(settings, body.resource, body.scope);
  await limits.countSocial(ip);
  const profile = await judgeNativeToken(context, provider, { idToken: body.id_token, nonce: body.nonce });
  const named: SocialProfile = profile.name === undefined ? { ...profile, name: body.name } : profile;
  try {
    const arrival = { provider, profile: named, tokens: undefined, ip, locale: undefined };
    const user = await findOrMakeAccount(context, arrival);
    const session = { user, provider: id, clientId: body.client_id, delivery: 'bearer' as const, target, ip };
    return await answerTokens(context, await startLoginSession(context, request, { ...session, device: body.device }));
  } catch (error) {
    throw error instanceof LinkOffered ? new Problem('social/link-offer') : error;
  }
}

async function answerLink(
  context: ServerContext,
  request: Request,
  { ip }: RequestScope,
  id: string,
): Promise<Response> {
  const principal = await authenticateAccount(context, request);
  const body = await readOptionalBody(request, LINK);
  const provider = findProvider(context, id);
  checkSameOrigin(context.settings, request);
  checkMayLink(principal);
  await context.limits.countSocial(ip);
  await checkFreshProof(context, principal, { password: body.password, ip });
  const { user, session } = principal;
  try {
    const { location, cookies } = await beginFlow(context, request, provider, {
      clientId: FIRST_PARTY_CLIENT,
      returnTo: destinationOf(context, id, body.return_to),
      link: { userId: user.id, sessionId: session.id },
    });
    return Response.json(
      { location: location.href },
      { headers: cookies.map((cookie): [string, string] => ['set-cookie', cookie]) },
    );
  } catch (error) {
    throw toSocialProblem(context, id, error);
  }
}

async function showLogins(context: ServerContext, request: Request): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  const logins = await context.store.listLogins(user.id);
  return Response.json({ logins: logins.map((login) => describeLogin(context, login)) });
}

/** A login as its owner sees it. */
export function describeLogin({ providers }: ServerContext, login: Login) {
  return {
    id: login.id,
    provider: login.provider,
    name: providers.get(login.provider)?.name ?? login.provider,
    email: login.email ?? null,
    created_at: new Date(login.createdAt).toISOString(),
    last_used_at: new Date(login.lastUsedAt).toISOString(),
  };
}

async function answerAdd(context: ServerContext, request: Request, { ip }: RequestScope): Promise<Response> {
  const { settings, limits } = context;
  const principal = await authenticateAccount(context, request);
  const body = await readOptionalBody(request, ADD);
  checkMayLink(principal);
  await limits.countSocial(ip);
  if (body.id_token !== undefined) {
    const provider = findProvider(context, body.provider ?? '');
    await checkFreshProof(context, principal, { password: body.password, ip });
    const profile = await judgeNativeToken(context, provider, { idToken: body.id_token, nonce: body.nonce });
    const login = await linkLogin(context, principal, { provider, profile, ip });
    return Response.json(describeLogin(context, login), { status: 201 });
  }
  checkSameOrigin(settings, request);
  const pending = readPendingLogin(context, request);
  if (pending === undefined) throw new Problem('social/state');
  const provider = findProvider(context, pending.provider);
  const login = await linkPendingLogin(context, principal, { pending, provider, ip });
  return Response.json(describeLogin(context, login), {
    status: 201,
    headers: { 'set-cookie': removePendingLogin(settings.issuer) },
  });
}

async function answerDelete(
  context: ServerContext,
  request: Request,
  { ip }: RequestScope,
  loginId: string,
): Promise<Response> {
  const principal = await authenticateAccount(context, request);
  const { password: typed } = await readOptionalBody(request, REMOVE);
  await checkFreshProof(context, principal, { password: typed, ip });
  await unlinkLogin(context, principal, { loginId, ip });
  return new Response(null, { status: 204 });
}
