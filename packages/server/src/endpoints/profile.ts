import { z } from 'zod';
import { checkOwnPassword } from '../accounts/own-password.ts';
import { readBody, readOptionalBody } from '../checks/body.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { checkFreshProof } from '../social/link.ts';
import type { User } from '../stores/user-store.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';
import { describeAccount, describeEvent, describeSession } from './account.ts';
import { EXPORT, ME, NOTHING } from './answers.ts';
import { describeLogin } from './logins.ts';
import { line, locale, password, picture } from './members.ts';
import type { Operation } from './operation.ts';

/** What may be changed of oneself; null removes. */
export const PROFILE_CHANGES = z.strictObject({
  name: line(100).nullable().optional(),
  picture: picture.nullable().optional(),
  locale: locale.nullable().optional(),
});
const DELETION = z.strictObject({ password: password.optional() });
const EXPORTED_EVENTS = 1_000;

/** `PATCH /v1/me` */
export const changeMe: Operation = {
  summary: 'Change name, picture or language; null removes',
  credential: 'account',
  body: { schema: PROFILE_CHANGES },
  answers: { 200: ME },
  run: answerChange,
};

/** `DELETE /v1/me` */
export const deleteMe: Operation = {
  summary: 'Delete the account with what is kept of it',
  credential: 'account',
  body: { schema: DELETION, optional: true },
  answers: { 204: NOTHING },
  refusals: ['account/credentials', 'account/proof', 'request/too-many'],
  run: answerDeletion,
};

/** `GET /v1/me/export` */
export const exportMe: Operation = {
  summary: 'What is kept of the account',
  credential: 'account',
  answers: { 200: EXPORT },
  run: answerExport,
};

async function answerChange(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  return Response.json(
    describeAccount(await changeProfile(context, user, scope, await readBody(request, PROFILE_CHANGES))),
  );
}

/** Changes what is named. @throws {Problem} `invalid_token` where the account is gone. */
export async function changeProfile(
  context: ServerContext,
  user: User,
  { ip }: Pick<RequestScope, 'ip'>,
  body: z.output<typeof PROFILE_CHANGES>,
): Promise<User> {
  const changes = {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.picture === undefined ? {} : { picture: body.picture }),
    ...(body.locale === undefined ? {} : { locale: body.locale }),
  };
  const changed = await context.store.updateProfile(user.id, changes, ({ id }) => ({
    audit: [
      {
        event: 'profile-changed',
        outcome: 'success',
        userId: id,
        actor: id,
        ip,
        reason: Object.keys(changes).join(' '),
      },
    ],
  }));
  if (changed === undefined) throw new Problem('invalid_token');
  return changed;
}

async function answerDeletion(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const principal = await authenticateAccount(context, request);
  const { password: typed } = await readOptionalBody(request, DELETION);
  await deleteAccount(context, principal, scope, typed);
  return new Response(null, { status: 204 });
}

/** Deletes the account of somebody who knows its password. @throws {Problem} as {@link deleteMe} lists them. */
export async function deleteAccount(
  context: ServerContext,
  principal: AccountPrincipal,
  { ip }: Pick<RequestScope, 'ip'>,
  typed: string | undefined,
): Promise<void> {
  const { store, mailer, settings, feed } = context;
  const { user } = principal;
  // somebody without a password has signed in a moment ago instead
  if (user.passwordHash === undefined) await checkFreshProof(context, principal, { password: undefined, ip });
  else await checkOwnPassword(context, principal, { typed: typed ?? '', ip });
  const deleted = await store.deleteUser(user.id, user.credentialVersion, ({ id }) => ({
    // nobody's any more: what is the user's is deleted
    mails: mailer.write({ ...user, userId: undefined }, 'account-deleted', eventNow(context, ip)),
    audit: [{ event: 'user-deleted', outcome: 'success', userId: id, actor: id }],
  }));
  if (deleted !== 'deleted') throw new Problem('account/credentials');
  settings.log({ level: 'info', event: 'user.deleted', user: user.id });
  mailer.kick();
  await feed.publish();
}

async function answerExport(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  return Response.json(await exportAccount(context, await authenticateAccount(context, request), scope));
}

/** What is kept of an account. */
export async function exportAccount(
  context: ServerContext,
  { user, session: current }: AccountPrincipal,
  { ip }: Pick<RequestScope, 'ip'>,
): Promise<object> {
  const [sessions, logins, events] = await Promise.all([
    context.store.listSessions(user.id),
    context.store.listLogins(user.id),
    context.store.listAudit({ limit: EXPORTED_EVENTS, order: 'newest', userId: user.id }),
  ]);
  await context.store.recordAudit([
    { event: 'user-exported', outcome: 'success', userId: user.id, actor: user.id, ip },
  ]);
  return {
    account: describeAccount(user),
    logins: logins.map((login) => describeLogin(context, login)),
    sessions: sessions.map((session) => describeSession(session, current.id)),
    events: events.map(describeEvent),
  };
}
