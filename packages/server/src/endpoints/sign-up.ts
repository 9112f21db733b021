import { z } from 'zod';
import { chooseLocale, type Locale } from '../accounts/mail/mail.ts';
import { mayMail } from '../accounts/may-mail.ts';
import { createOneTimeLink, LINK_MINUTES, LINK_SECONDS } from '../accounts/one-time-link.ts';
import { readBody } from '../checks/body.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { EMAIL } from './answers.ts';
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
  await context.hooks.beforeSignUp({
    email: body.email,
    emailVerified: false,
    provider: undefined,
    name: body.name,
    ip,
  });
  // hashed before it is known whether the account can be made: the time doesn't tell
  const passwordHash = await context.passwords.hash(body.password);
  const { store, mailer, settings, random } = context;
  const isSent = await mayMail(context, body.email);
  const { hash, link } = createOneTimeLink(settings.issuer, 'verify-email', random);
  const { email: address, name } = body;
  const verification = { hash, lifetimeSeconds: LINK_SECONDS, isSent };
  // one step, and as much is written for a known address as for a new one: the time doesn't tell
  const made = await store.createUser(
    { email: address, passwordHash, name, locale, ip, verification },
    (user) => ({
      mails: isSent
        ? mailer.write({ ...user, userId: user.id }, 'verify-email', { link, minutes: LINK_MINUTES })
        : mailer.writeNothing(),
    }),
    (owner) => ({
      mails: isSent
        ? mailer.write({ userId: owner.id, email: address, locale: owner.locale ?? locale }, 'account-exists', {})
        : mailer.writeNothing(),
      audit: [
        { event: 'sign-up', outcome: 'failure', userId: owner.id, actor: undefined, ip, reason: 'known-address' },
      ],
    }),
  );
  mailer.kick();
  settings.log(
    made.status === 'created'
      ? { level: 'info', event: 'sign-up.accepted', user: made.user.id }
      : { level: 'info', event: 'sign-up.known-address' },
  );
}
