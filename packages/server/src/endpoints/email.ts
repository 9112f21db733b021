import { z } from 'zod';
import { createOneTimeLink, hashOneTimeToken, LINK_MINUTES, LINK_SECONDS } from '../accounts/one-time-link.ts';
import { checkOwnPassword } from '../accounts/own-password.ts';
import { readBody } from '../checks/body.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { User } from '../stores/user-store.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';
import { ACCEPTED, NOTHING } from './answers.ts';
import { email, oneTimeToken, password } from './members.ts';
import type { Operation } from './operation.ts';

const TOKEN = z.strictObject({ token: oneTimeToken });
/** What a change of address takes. */
export const EMAIL_CHANGE = z.strictObject({ email, password });

/** `POST /v1/email/verification` */
export const askVerification: Operation = {
  summary: 'Send the link that verifies the address once more',
  credential: 'account',
  answers: { 202: ACCEPTED },
  refusals: ['request/too-many'],
  run: sendAgain,
};

/** `POST /v1/email/verify` */
export const verifyEmail: Operation = {
  summary: 'Verify the address with the token of the link',
  body: { schema: TOKEN },
  answers: { 204: NOTHING },
  refusals: ['account/link'],
  run: redeemVerification,
};

/** `POST /v1/email/change`: nothing changes before the new address was proved. */
export const changeEmail: Operation = {
  summary: 'Ask for another address',
  credential: 'account',
  body: { schema: EMAIL_CHANGE },
  answers: { 202: ACCEPTED },
  refusals: ['account/credentials', 'request/too-many'],
  run: askChange,
};

/** `POST /v1/email/confirm` */
export const confirmEmail: Operation = {
  summary: 'Move to the new address with the token of the link; ends every session',
  body: { schema: TOKEN },
  answers: { 204: NOTHING },
  refusals: ['account/link', 'account/email-taken'],
  run: redeemChange,
};

/** Sends the link that verifies a user's address. The mail is written with the token: neither is there without the other. */
export async function sendVerification(context: ServerContext, user: User): Promise<void> {
  const { settings, store, mailer, random } = context;
  const { hash, link } = createOneTimeLink(settings.issuer, 'verify-email', random);
  await store.issueOneTimeToken(
    {
      hash,
      purpose: 'verify-email',
      user: { id: user.id, credentialVersion: user.credentialVersion },
      payload: undefined,
      lifetimeSeconds: LINK_SECONDS,
    },
    { mails: mailer.write({ ...user, userId: user.id }, 'verify-email', { link, minutes: LINK_MINUTES }) },
  );
  mailer.kick();
}

/**
 * Sends the link that verifies an address, where there is an account that waits for it; the caller can't know.
 *
 * @throws {Problem} `request/too-many`
 */
export async function sendVerificationTo(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  address: string,
): Promise<void> {
  const { store, limits, mailer, settings, random, refusals } = context;
  const attempt = { event: 'email-verification-asked', email: address, ip } as const;
  await refusals.counting(attempt, () => limits.countMail(address, ip));
  const user = await store.findUserByEmail(address);
  if (user !== undefined && user.emailVerifiedAt === undefined && user.disabledAt === undefined)
    return sendVerification(context, user);
  // as much is written as where there is one: the time doesn't tell
  const { hash } = createOneTimeLink(settings.issuer, 'verify-email', random);
  await store.issueOneTimeToken(
    { hash, purpose: 'verify-email', user: undefined, payload: undefined, lifetimeSeconds: LINK_SECONDS },
    { mails: mailer.writeNothing() },
  );
  mailer.kick();
}

async function sendAgain(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  await resendVerification(context, user, scope);
  return new Response(null, { status: 202 });
}

/** Sends the link that verifies an address once more; nothing where it is verified. @throws {Problem} `request/too-many` */
export async function resendVerification(
  context: ServerContext,
  user: User,
  { ip }: Pick<RequestScope, 'ip'>,
): Promise<void> {
  if (user.emailVerifiedAt !== undefined) return;
  const attempt = { event: 'email-verification-asked', userId: user.id, ip } as const;
  await context.refusals.counting(attempt, () => context.limits.countMail(user.email, ip));
  await sendVerification(context, user);
}

async function redeemVerification(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { token } = await readBody(request, TOKEN);
  await verifyAddress(context, scope, token);
  return new Response(null, { status: 204 });
}

/** Spends the token of a link that verifies an address. @throws {Problem} `account/link` */
export async function verifyAddress(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  token: string,
): Promise<User> {
  const hash = hashOneTimeToken(token);
  const redeemed =
    hash === undefined
      ? undefined
      : await context.store.verifyEmail(hash, ({ id }) => ({
          audit: [{ event: 'email-verified', outcome: 'success', userId: id, actor: id, ip }],
        }));
  if (redeemed?.status !== 'done') throw new Problem('account/link');
  context.settings.log({ level: 'info', event: 'email.verified', user: redeemed.user.id });
  return redeemed.user;
}

async function askChange(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const principal = await authenticateAccount(context, request);
  await askAddressChange(context, principal, scope, await readBody(request, EMAIL_CHANGE));
  return new Response(null, { status: 202 });
}

/**
 * Sends the link that moves an account to another address, and a notice to the present one.
 *
 * @throws {Problem} as {@link changeEmail} lists them.
 */
export async function askAddressChange(
  context: ServerContext,
  principal: AccountPrincipal,
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof EMAIL_CHANGE>,
): Promise<void> {
  const { settings, store, mailer, limits, refusals, random } = context;
  await checkOwnPassword(context, principal, { typed: body.password, ip });
  const { user } = principal;
  await refusals.counting({ event: 'email-change-asked', userId: user.id, ip }, () => limits.countMail(body.email, ip));
  const { hash, link } = createOneTimeLink(settings.issuer, 'change-email', random);
  // an address that has an account hears of it when the link is used, and not from us: whose it is, is nobody's business
  const isTaken = (await store.findUserByEmail(body.email)) !== undefined;
  const told = {
    mails: [
      ...(isTaken
        ? mailer.write({ userId: undefined, email: body.email, locale: user.locale }, 'account-exists', {})
        : mailer.write({ userId: user.id, email: body.email, locale: user.locale }, 'change-email', {
            link,
            minutes: LINK_MINUTES,
          })),
      ...mailer.write({ ...user, userId: user.id }, 'email-change-asked', {
        ...eventNow(context, ip),
        newEmail: body.email,
      }),
    ],
    audit: [{ event: 'email-change-asked', outcome: 'success', userId: user.id, actor: user.id, ip } as const],
  };
  const issued = await store.issueOneTimeToken(
    {
      hash,
      purpose: 'change-email',
      user: { id: user.id, credentialVersion: user.credentialVersion },
      payload: body.email,
      lifetimeSeconds: LINK_SECONDS,
    },
    told,
  );
  if (issued !== 'issued') throw new Problem('account/credentials');
  mailer.kick();
}

async function redeemChange(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { token } = await readBody(request, TOKEN);
  await moveAddress(context, scope, token);
  return new Response(null, { status: 204 });
}

/** Spends the token of a link that moves an account to another address. @throws {Problem} `account/link`, `account/email-taken` */
export async function moveAddress(
  context: ServerContext,
  { ip }: Pick<RequestScope, 'ip'>,
  token: string,
): Promise<User> {
  const { store, mailer, settings, feed } = context;
  const hash = hashOneTimeToken(token);
  if (hash === undefined) throw new Problem('account/link');
  const redeemed = await store.changeEmail(hash, (user, before) => ({
    // to the old address, which can't be reached otherwise any more
    mails: mailer.write({ ...before, userId: before.id }, 'email-changed', {
      ...eventNow(context, ip),
      newEmail: user.email,
    }),
    audit: [{ event: 'email-changed', outcome: 'success', userId: user.id, actor: user.id, ip }],
  }));
  if (redeemed.status === 'taken') throw new Problem('account/email-taken');
  if (redeemed.status !== 'done') throw new Problem('account/link');
  settings.log({ level: 'info', event: 'email.changed', user: redeemed.user.id });
  mailer.kick();
  await feed.publish();
  return redeemed.user;
}
