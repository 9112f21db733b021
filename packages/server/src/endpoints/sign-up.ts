import { z } from 'zod';
import { chooseLocale, type Locale } from '../accounts/mail/mail.ts';
import { mayMail } from '../accounts/may-mail.ts';
import { createOneTimeLink, LINK_SECONDS } from '../accounts/one-time-link.ts';
import { readBody } from '../checks/body.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { EMAIL } from './answers.ts';
import { sendVerification } from './email.ts';
import { email, line, newPassword } from './members.ts';
import type { Operation } from './operation.ts';

/** What a sign-up takes: of the JSON API, and of the page. */
export const SIGN_UP = z.strictObject({ email, password: newPassword, name: line(100).optional() });

/** `POST /v1/sign-up`: the same answer after the same work, whether the address is new or known. docs/adr/0006 */
export const signUp: Operation = {
  summary: 'Make an account',
  body: { schema: SIGN_UP },
  answers: { 201: EMAIL },
  refusals: ['request/too-many', 'account/refused', 'server/hook', 'account/password-known', 'account/password-weak'],
  run: answerSignUp,
};

async function answerSignUp(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const body = await readBody(request, SIGN_UP);
  const locale = chooseLocale(request.headers.get('accept-language') ?? undefined);
  await makeAccount(context, scope, body, locale);
  return Response.json({ email: body.email }, { status: 201 });
}

/**
 * Makes an account, or tells the owner of the address that somebody tried; the caller can't know which.
 *
 * @throws {Problem} as {@link signUp} lists them.
 */
export async function makeAccount(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof SIGN_UP>,
  locale: Locale,
): Promise<void> {
  await context.refusals.counting({ event: 'sign-up', ip }, () => context.limits.countSignUp(ip));
  await context.passwordPolicy.check(body.password, [body.email, body.name]);
  await context.hooks.beforeSignUp({ email: body.email, name: body.name, ip });
  // hashed before it is known whether the account can be made: the time doesn't tell
  const passwordHash = await context.passwords.hash(body.password);
  const told = await mayMail(context, body.email);
  const made = await context.store.createUser({ email: body.email, passwordHash, name: body.name, locale, ip });
  if (made.status === 'created' && told) await sendVerification(context, made.user);
  else await tellOwner(context, { email: body.email, locale, ip, told: told && made.status === 'taken' });
  context.settings.log(
    made.status === 'created'
      ? { level: 'info', event: 'sign-up.accepted', user: made.user.id }
      : { level: 'info', event: 'sign-up.known-address' },
  );
}

interface Attempt {
  readonly email: string;
  readonly locale: string;
  readonly ip: string | undefined;
  readonly told: boolean;
}

/** Tells the owner of a known address. As much is written as for a new one: the time doesn't tell. */
async function tellOwner(context: ServerContext, { email: address, locale, ip, told }: Attempt): Promise<void> {
  const { store, mailer, settings, random } = context;
  const owner = await store.findUserByEmail(address);
  const { hash } = createOneTimeLink(settings.issuer, 'verify-email', random);
  const token = {
    hash,
    purpose: 'verify-email',
    user: undefined,
    payload: undefined,
    lifetimeSeconds: LINK_SECONDS,
  } as const;
  await store.issueOneTimeToken(token, {
    mails: told
      ? mailer.write({ userId: owner?.id, email: address, locale: owner?.locale ?? locale }, 'account-exists', {})
      : mailer.writeNothing(),
    audit: [{ event: 'sign-up', outcome: 'failure', userId: owner?.id, actor: undefined, ip, reason: 'known-address' }],
  });
  mailer.kick();
}
