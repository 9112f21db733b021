import { z } from 'zod';
import { chooseLocale } from '../accounts/mail/mail.ts';
import { readFormFields } from '../checks/body.ts';
import { readCookie } from '../checks/cookie.ts';
import { readQuery } from '../checks/query.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { findAuthenticRefreshToken } from '../grants/authentic-refresh-token.ts';
import { FIRST_PARTY_CLIENT } from '../options.ts';
import { rememberMethod } from '../pages/last-method.ts';
import { Problem } from '../problem.ts';
import { findOrMakeAccount, LinkOffered } from '../social/account.ts';
import { authorizationOf, beginFlow, type Flow, forgetFlow, takeFlow } from '../social/flow.ts';
import { destinationOf, leadTo, leadToError } from '../social/leading.ts';
import { formatPendingLogin } from '../social/pending-login.ts';
import type { Finished, Provider } from '../social/provider.ts';
import { startLoginSession } from '../social/sign-in.ts';
import { findProvider, toSocialProblem } from '../social/social.ts';
import { findTarget } from '../tokens/access-token.ts';
import { formatTokenCookies } from '../tokens/token-answer.ts';
import { PROVIDERS, SEE_OTHER } from './answers.ts';
import { provider as providerParameter } from './members.ts';
import type { Operation } from './operation.ts';
import { endFormerSession, endSessionOfGrant } from './sign-out.ts';

const START = { return_to: z.string().max(1_000).optional(), client_id: z.string().max(64).optional() };

/** `GET /v1/social` */
export const listProviders: Operation = {
  summary: 'Other providers with which people may sign in',
  answers: { 200: PROVIDERS },
  withoutDatabase: true,
  run: ({ providers }) =>
    Response.json({
      providers: [...providers.values()].map(({ id, name, verifyNative }) => ({
        id,
        name,
        native: verifyNative !== undefined,
      })),
    }),
};

/** `GET /social/:provider/start`: opened by a link, never by a script. */
export const startSocial: Operation = {
  summary: 'Send the browser to a provider, to sign in there',
  parameters: [providerParameter],
  query: START,
  answers: { 303: SEE_OTHER },
  refusals: [
    'social/unknown-provider',
    'social/provider-down',
    'social/provider-answer',
    'invalid_client',
    'request/cross-origin',
    'request/too-many',
  ],
  run: begin,
};

const CALLBACK = {
  summary: 'Where a provider sends the browser back to; signs in with cookie delivery',
  parameters: [providerParameter],
  answers: { 303: SEE_OTHER },
  refusals: [
    'social/unknown-provider',
    'social/state',
    'social/expired',
    'social/denied',
    'social/provider-down',
    'social/provider-answer',
    'social/link-offer',
    'social/email-unverified',
    'account/refused',
    'request/cross-origin',
    'request/method',
    'request/too-many',
    'server/hook',
  ],
} as const;

/** `GET /social/:provider/callback` */
export const socialCallback: Operation = { ...CALLBACK, run: answerQuery };

/** `POST /social/:provider/callback`: for providers that answer by a form. OAuth 2.0 Form Post Response Mode §2 */
export const socialFormCallback: Operation = {
  ...CALLBACK,
  refusals: [...CALLBACK.refusals, 'request/content-type', 'request/too-large', 'request/malformed'],
  run: answerForm,
};

async function begin(context: ServerContext, request: Request, { ip }: RequestScope, id: string): Promise<Response> {
  const { settings, limits } = context;
  const provider = findProvider(context, id);
  const query = readQuery(request, START);
  checkNavigation(request);
  const clientId = query.client_id ?? FIRST_PARTY_CLIENT;
  if (clientId !== FIRST_PARTY_CLIENT && !settings.clients.some((one) => one.id === clientId))
    throw new Problem('invalid_client');
  const returnTo = destinationOf(context, id, query.return_to);
  try {
    await limits.countSocial(ip);
    const former = await findFormerGrant(context, request);
    const { location, cookies } = await beginFlow(context, request, provider, { clientId, returnTo, ...former });
    return leadTo(location.href, cookies);
  } catch (error) {
    return leadToError(context, request, { provider: id, error: toSocialProblem(context, id, error), returnTo });
  }
}

/** Whoever is signed in in this browser, by the refresh cookie. @throws {Problem} `request/cross-origin` when it comes twice. */
async function findFormerGrant(context: ServerContext, request: Request): Promise<Pick<Flow, 'formerGrantId'>> {
  const text = readCookie(context.settings.issuer, request);
  const token = text === undefined ? undefined : await findAuthenticRefreshToken(context, text);
  return token === undefined ? {} : { formerGrantId: token.grantId };
}

/** A page elsewhere that loads this as a picture, or in a frame, begins nothing. */
function checkNavigation({ headers }: Request): void {
  const [mode, dest, purpose] = ['sec-fetch-mode', 'sec-fetch-dest', 'sec-purpose'].map((name) => headers.get(name));
  const isNavigation = (mode ?? 'navigate') === 'navigate' && (dest ?? 'document') === 'document';
  if (!isNavigation || purpose?.includes('prefetch') === true)
    throw new Problem('request/cross-origin', { detail: 'this address is opened by a link, and nothing else' });
}

function answerQuery(context: ServerContext, request: Request, scope: RequestScope, id: string): Promise<Response> {
  return finish(context, request, { scope, id, by: 'query' });
}

function answerForm(context: ServerContext, request: Request, scope: RequestScope, id: string): Promise<Response> {
  return finish(context, request, { scope, id, by: 'form' });
}

interface Coming {
  readonly scope: RequestScope;
  readonly id: string;
  readonly by: 'query' | 'form';
}

async function finish(context: ServerContext, request: Request, { scope, id, by }: Coming): Promise<Response> {
  const provider = findProvider(context, id);
  // HEAD is what previews send: it must not spend what the person is about to use
  if (provider.answersBy !== by || request.method === 'HEAD')
    throw new Problem('request/method', { headers: { allow: provider.answersBy === 'form' ? 'POST' : 'GET' } });
  const parameters = by === 'form' ? await readFormFields(request) : new URL(request.url).searchParams;
  const [state, second] = parameters.getAll('state');
  let flow: Flow | undefined;
  try {
    await context.limits.countSocial(scope.ip);
    flow = await takeFlow(context, request, { provider, state: second === undefined ? state : undefined });
    const finished = await provider.finish(authorizationOf(context.settings.issuer, flow), parameters);
    return await arrive(context, request, { scope, provider, flow, finished });
  } catch (error) {
    return leadToError(context, request, {
      provider: id,
      error: toSocialProblem(context, id, error),
      returnTo: flow?.returnTo,
      cookies: forgetFlow(context.settings.issuer, state),
    });
  }
}

interface Arriving {
  readonly scope: RequestScope;
  readonly provider: Provider;
  readonly flow: Flow;
  readonly finished: Finished;
}

async function arrive(
  context: ServerContext,
  request: Request,
  { scope: { ip }, provider, flow, finished }: Arriving,
): Promise<Response> {
  const { settings } = context;
  const { profile, tokens } = finished;
  // refuses a second one beside it, which would win or lose against the one that is set here
  readCookie(settings.issuer, request);
  const over = forgetFlow(settings.issuer, flow.state);
  if (flow.link !== undefined) {
    // nothing is linked yet: the same session has to say so, which this request can't show. RFC 9700 §4.7
    const pending = formatPendingLogin(context, provider, { profile, ...flow.link });
    return leadTo(flow.returnTo, [...over, pending]);
  }
  const locale = chooseLocale(request.headers.get('accept-language') ?? undefined);
  try {
    const user = await findOrMakeAccount(context, { provider, profile, tokens, ip, locale });
    const session = await startLoginSession(context, request, {
      user,
      provider: provider.id,
      clientId: flow.clientId,
      delivery: 'cookie',
      target: findTarget(settings, undefined, undefined),
      device: undefined,
      ip,
    });
    if (flow.formerGrantId !== undefined)
      await endSessionOfGrant(context, flow.formerGrantId, { delivery: 'cookie', ip });
    await endFormerSession(context, request, { ip });
    return leadTo(flow.returnTo, [
      ...over,
      ...formatTokenCookies(context, session),
      ...rememberMethod(settings, { by: 'provider', id: provider.id }),
    ]);
  } catch (error) {
    if (!(error instanceof LinkOffered)) throw error;
    const pending = formatPendingLogin(context, provider, { profile, userId: error.userId, sessionId: undefined });
    return leadToError(context, request, {
      provider: provider.id,
      error: new Problem('social/link-offer'),
      returnTo: flow.returnTo,
      cookies: [...over, pending],
    });
  }
}
