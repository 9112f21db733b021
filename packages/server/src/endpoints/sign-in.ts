import { z } from 'zod';
import { mayMail } from '../accounts/may-mail.ts';
import type { Place } from '../accounts/password.ts';
import { readBody } from '../checks/body.ts';
import { readCookie } from '../checks/cookie.ts';
import { checkBearerOrigin, checkSameOrigin } from '../checks/cross-origin.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { nameDevice } from '../devices/device-name.ts';
import { findKnownDevice, formatKnownDevice, type KnownDevice } from '../limits/known-device.ts';
import { TooMany } from '../limits/limits.ts';
import { FIRST_PARTY_CLIENT } from '../options.ts';
import { Problem } from '../problem.ts';
import type { Effects } from '../stores/account-store.ts';
import type { User } from '../stores/user-store.ts';
import { findTarget, grantScope } from '../tokens/access-token.ts';
import { answerTokens, type TokenAnswerInput } from '../tokens/token-answer.ts';
import { TOKENS } from './answers.ts';
import { sendVerification } from './email.ts';
import { email, line, password, resource, scope } from './members.ts';
import type { Operation } from './operation.ts';
import { endFormerSession } from './sign-out.ts';

/** What a sign-in takes: of the JSON API, and of the page. */
export const SIGN_IN = z.strictObject({
  email,
  password,
  client_id: z.string().max(64).default(FIRST_PARTY_CLIENT),
  resource,
  scope,
  delivery: z.enum(['cookie', 'bearer']).default('cookie'),
  device: line(100).optional(),
  device_token: z.string().max(100).optional(),
});

/** `POST /v1/sign-in` */
export const signIn: Operation = {
  summary: 'Sign in',
  cookie: true,
  body: { schema: SIGN_IN },
  answers: { 200: TOKENS },
  refusals: [
    'account/credentials',
    'account/unverified',
    'server/hook',
    'invalid_client',
    'invalid_target',
    'invalid_scope',
    'request/cross-origin',
    'request/bearer-origin',
    'request/too-many',
  ],
  run: answerSignIn,
};

async function answerSignIn(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const body = await readBody(request, SIGN_IN);
  const signed = await signInByPassword(context, request, scope, body);
  if (body.delivery === 'cookie') await endFormerSession(context, request, scope);
  return answerTokens(context, signed);
}

/**
 * Signs somebody in who knows the password.
 *
 * @param request  Whose headers say where it comes from and which device it is; its body was read.
 * @throws {Problem} as {@link signIn} lists them.
 */
export async function signInByPassword(
  context: ServerContext,
  request: Request,
  { ip }: RequestScope,
  body: z.output<typeof SIGN_IN>,
): Promise<TokenAnswerInput> {
  const { settings, store } = context;
  if (body.delivery === 'bearer') checkBearerOrigin(settings, request);
  else {
    checkSameOrigin(settings, request);
    // refuses a second one beside it, which would win or lose against the one that is set here
    readCookie(settings.issuer, request);
  }
  const deviceToken = body.delivery === 'bearer' ? body.device_token : readCookie(settings.issuer, request, 'device');
  const device = findKnownDevice(context.secrets, deviceToken, body.email);
  if (body.client_id !== FIRST_PARTY_CLIENT && !settings.clients.some(({ id }) => id === body.client_id))
    throw new Problem('invalid_client');
  const target = findTarget(settings, body.resource, body.scope);

  const user = await judgePassword(context, body, { ip, device });
  if (settings.requireVerifiedEmail && user.emailVerifiedAt === undefined) {
    await context.refusals.keep({ event: 'sign-in', userId: user.id, ip, reason: 'unverified' });
    // whoever knows the password may have the link again
    if (await mayMail(context, user.email)) await sendVerification(context, user);
    throw new Problem('account/unverified');
  }
  const userAgent = request.headers.get('user-agent')?.slice(0, 300);
  const start = {
    userId: user.id,
    credentialVersion: user.credentialVersion,
    clientId: body.client_id,
    scope: grantScope(settings, target),
    delivery: body.delivery,
    secretId: context.secrets.current.id,
    device: body.device ?? nameDevice(userAgent),
    sessionLimit: settings.sessionsPerUser,
    userAgent,
    ip,
    amr: ['pwd'],
    idleSeconds: settings.idleSeconds,
    absoluteSeconds: settings.absoluteSeconds,
  };
  const told = device === undefined ? await tellOfDevice(context, { user, ip, userAgent }) : undefined;
  const started = await store.startSession(start, told);
  if (started.status !== 'started') {
    await context.refusals.keep({ event: 'sign-in', userId: user.id, ip, reason: started.status });
    settings.log({ level: 'warn', event: 'sign-in.refused', user: user.id, reason: started.status });
    throw new Problem('account/credentials');
  }
  settings.log({
    level: 'info',
    event: 'sign-in.accepted',
    user: user.id,
    session: started.session.id,
    client: body.client_id,
    delivery: body.delivery,
  });
  if (told !== undefined) context.mailer.kick();
  await context.hooks.afterSignIn({ userId: user.id, sessionId: started.session.id, clientId: body.client_id, ip });
  const mark = formatKnownDevice(context.secrets, body.email, device, context.random);
  return { ...started, target, deviceToken: mark };
}

function isRefusedPassword(error: unknown): boolean {
  return error instanceof Problem && error.code === 'account/credentials';
}

interface Attempt {
  readonly event: 'sign-in';
  readonly email: string;
  readonly ip: string | undefined;
}

/** Judges address and password: first whether there is room, then the limits, then the password. */
async function judgePassword(
  context: ServerContext,
  { email, password }: z.output<typeof SIGN_IN>,
  { ip, device }: { readonly ip: string | undefined; readonly device: KnownDevice | undefined },
): Promise<User> {
  const { refusals, limits, passwords } = context;
  const attempt = { event: 'sign-in', email, ip } as const;
  const place = await refusals.counting(attempt, async () => passwords.enter());
  try {
    const counted = await refusals.counting(attempt, () => limits.beginSignIn({ email, password, ip, device }));
    const user = await checkPassword(context, attempt, { password, place }).catch(async (error: unknown) => {
      // what was never judged is no failure of the person's
      if (!isRefusedPassword(error)) await counted.takeBack();
      throw error;
    });
    await counted.takeBack();
    return user;
  } finally {
    place.leave();
  }
}

/** The same work for an unknown account as for a known one. ASVS 6.3.8 */
async function checkPassword(
  { settings, store, passwords, refusals }: ServerContext,
  attempt: Attempt,
  { password, place }: { readonly password: string; readonly place: Place },
): Promise<User> {
  const user = await store.findUserByEmail(attempt.email);
  const matches = await place.verify(password, user?.passwordHash);
  if (user === undefined || !matches || user.disabledAt !== undefined) {
    const reason = user !== undefined && matches ? 'suspended' : 'credentials';
    await refusals.keep({ event: attempt.event, ip: attempt.ip, userId: user?.id, reason });
    settings.log({
      level: 'warn',
      event: 'sign-in.refused',
      ...(user === undefined ? {} : { user: user.id }),
      reason,
    });
    throw new Problem('account/credentials');
  }
  if (user.passwordHash !== undefined && passwords.isOutdated(user.passwordHash)) {
    await store.upgradePasswordHash(user.id, user.credentialVersion, await place.hash(password));
  }
  return user;
}

interface NewDevice {
  readonly user: User;
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
}

/**
 * The mail to a person who signs in where they never have, written in the step that signs them in. Its words are the server's: of the name that
 * the device gives itself, nothing stands in it. @returns undefined where they were told often enough just now.
 */
async function tellOfDevice(context: ServerContext, { user, ip, userAgent }: NewDevice): Promise<Effects | undefined> {
  try {
    await context.limits.countSignInMail(user.id);
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
  const values = { ...eventNow(context, ip), device: nameDevice(userAgent) };
  return ({ id, email, locale, firstSignedInAt }) =>
    // the first device of all is new to nobody
    firstSignedInAt === undefined
      ? {}
      : { mails: context.mailer.write({ userId: id, email, locale }, 'new-device', values) };
}
