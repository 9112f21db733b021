import { z } from 'zod';
import { createOneTimeLink, hashOneTimeToken, LINK_MINUTES, LINK_SECONDS } from '../accounts/one-time-link.ts';
import { checkOwnPassword } from '../accounts/own-password.ts';
import { readBody } from '../checks/body.ts';
import { readCookie } from '../checks/cookie.ts';
import { checkBearerOrigin, checkSameOrigin } from '../checks/cross-origin.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Grant } from '../stores/grant-store.ts';
import type { User } from '../stores/user-store.ts';
import { findTarget } from '../tokens/access-token.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';
import { answerTokens, type TokenAnswerInput } from '../tokens/token-answer.ts';
import { ACCEPTED, NOTHING, TOKENS } from './answers.ts';
import { email, newPassword, oneTimeToken, password } from './members.ts';
import type { Operation } from './operation.ts';

/** What asking for a reset takes. */
export const FORGOT = z.strictObject({ email });
/** What a reset takes. */
export const RESET = z.strictObject({ token: oneTimeToken, password: newPassword });
/** What a change of password takes. */
export const PASSWORD_CHANGE = z.strictObject({ password, new_password: newPassword });

/** `POST /v1/password/forgot`: the same answer after the same writes, whether there is an account or not. */
export const forgotPassword: Operation = {
  summary: 'Send a link that resets the password',
  body: { schema: FORGOT },
  answers: { 202: ACCEPTED },
  refusals: ['request/too-many'],
  run: sendReset,
};

/** `POST /v1/password/reset` */
export const resetPassword: Operation = {
  summary: 'Set a password with the token of the link; ends every session',
  body: { schema: RESET },
  answers: { 204: NOTHING },
  refusals: ['account/link', 'account/password-known', 'account/password-weak'],
  run: redeemReset,
};

/** `POST /v1/password/change` */
export const changePassword: Operation = {
  summary: 'Change the password; every session ends, and a new one takes the place of this one',
  credential: 'account',
  cookie: true,
  body: { schema: PASSWORD_CHANGE },
  answers: { 200: TOKENS },
  refusals: [
    'account/credentials',
    'account/password-known',
    'account/password-weak',
    'request/cross-origin',
    'request/bearer-origin',
    'request/too-many',
    'server/hook',
  ],
  run: answerChange,
};

/** Sends a link that resets the password. @returns The link, for an administrator who hands it over. */
export async function sendResetLink(
  context: ServerContext,
  user: User | undefined,
  by: { readonly actor: string | undefined; readonly ip: string | undefined },
): Promise<string> {
  const { settings, store, mailer, random } = context;
  const { hash, link } = createOneTimeLink(settings.issuer, 'reset-password', random);
  await store.issueOneTimeToken(
    {
      hash,
      purpose: 'reset-password',
      user: user === undefined ? undefined : { id: user.id, credentialVersion: user.credentialVersion },
      payload: undefined,
      lifetimeSeconds: LINK_SECONDS,
    },
    {
      mails:
        user === undefined
          ? mailer.writeNothing()
          : mailer.write({ ...user, userId: user.id }, 'reset-password', { link, minutes: LINK_MINUTES }),
      audit: [
        { event: 'password-reset-asked', outcome: user === undefined ? 'failure' : 'success', userId: user?.id, ...by },
      ],
    },
  );
  mailer.kick();
  return link;
}

async function sendReset(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  await askReset(context, scope, await readBody(request, FORGOT));
  return new Response(null, { status: 202 });
}

/** Sends a link that resets the password, where there is an account. @throws {Problem} `request/too-many` */
export async function askReset(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof FORGOT>,
): Promise<void> {
  const attempt = { event: 'password-reset-asked', email: body.email, ip } as const;
  await context.refusals.counting(attempt, () => context.limits.countMail(body.email, ip));
  const user = await context.store.findUserByEmail(body.email);
  await sendResetLink(context, user?.disabledAt === undefined ? user : undefined, { actor: undefined, ip });
}

async function redeemReset(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  await setPasswordByLink(context, scope, await readBody(request, RESET));
  return new Response(null, { status: 204 });
}

/** Spends the token of a link that resets the password. @throws {Problem} as {@link resetPassword} lists them. */
export async function setPasswordByLink(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof RESET>,
): Promise<User> {
  const { store, passwords, passwordPolicy, mailer, settings, feed } = context;
  const hash = hashOneTimeToken(body.token);
  const owner = hash === undefined ? undefined : await store.findOneTimeTokenOwner(hash, 'reset-password');
  if (hash === undefined || owner === undefined) throw new Problem('account/link');
  await passwordPolicy.check(body.password, [owner.email, owner.name]);
  const redeemed = await store.resetPassword(hash, await passwords.hash(body.password), (user) => ({
    mails: mailer.write({ ...user, userId: user.id }, 'password-changed', eventNow(context, ip)),
    audit: [{ event: 'password-reset', outcome: 'success', userId: user.id, actor: user.id, ip }],
  }));
  if (redeemed.status !== 'done') throw new Problem('account/link');
  settings.log({ level: 'info', event: 'password.reset', user: redeemed.user.id });
  mailer.kick();
  await feed.publish();
  return redeemed.user;
}

async function answerChange(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const principal = await authenticateAccount(context, request);
  const body = await readBody(request, PASSWORD_CHANGE);
  const grant = await context.store.findGrantOfSession(principal.session.id);
  if (grant === undefined) throw new Problem('account/credentials');
  checkDelivery(context, request, grant);
  return answerTokens(context, await replacePassword(context, { ...principal, grant }, scope, body));
}

/**
 * Sets the password of somebody who knows the present one; a new session takes the place of theirs.
 *
 * @throws {Problem} as {@link changePassword} lists them.
 */
export async function replacePassword(
  context: ServerContext,
  principal: AccountPrincipal & { readonly grant: Grant },
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof PASSWORD_CHANGE>,
): Promise<TokenAnswerInput> {
  const { settings, store, passwords, passwordPolicy, mailer, secrets, feed } = context;
  const { user, session, grant } = principal;
  await checkOwnPassword(context, principal, { typed: body.password, ip });
  await passwordPolicy.check(body.new_password, [user.email, user.name]);
  const change = {
    passwordHash: await passwords.hash(body.new_password),
    start: {
      userId: user.id,
      credentialVersion: user.credentialVersion,
      clientId: grant.clientId,
      scope: grant.scope,
      resources: grant.resources,
      delivery: grant.delivery,
      secretId: secrets.current.id,
      device: session.device,
      userAgent: session.userAgent,
      ip,
      amr: session.amr,
      idleSeconds: settings.idleSeconds,
      absoluteSeconds: settings.absoluteSeconds,
    },
  };
  const started = await store.changePassword(change, (changed) => ({
    mails: mailer.write({ ...changed, userId: changed.id }, 'password-changed', eventNow(context, ip)),
    audit: [
      {
        event: 'password-changed',
        outcome: 'success',
        userId: changed.id,
        actor: changed.id,
        sessionId: session.id,
        ip,
      },
    ],
  }));
  if (started.status !== 'started') throw new Problem('account/credentials');
  settings.log({ level: 'info', event: 'password.changed', user: user.id, session: started.session.id });
  mailer.kick();
  await feed.publish();
  return { ...started, target: findTarget(settings, undefined, undefined) };
}

/** The answer holds a refresh token, so it goes the way that was chosen at sign-in. docs/protocol.md §3 */
function checkDelivery({ settings }: ServerContext, request: Request, { delivery }: Grant): void {
  if (delivery === 'bearer') checkBearerOrigin(settings, request);
  else {
    checkSameOrigin(settings, request);
    readCookie(settings.issuer, request);
  }
}
