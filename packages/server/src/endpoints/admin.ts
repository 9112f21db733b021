import { timeOfId } from '@mapae/jwt';
import { z } from 'zod';
import { hashOneTimeToken, LINK_SECONDS } from '../accounts/one-time-link.ts';
import { MOST_ROLES, ROLE_FORM, ROLE_RULE } from '../accounts/roles.ts';
import { authenticateAdmin } from '../admin/authenticate-admin.ts';
import { readBody } from '../checks/body.ts';
import { readQuery } from '../checks/query.ts';
import { eventNow, type RequestScope, type ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Effects } from '../stores/account-store.ts';
import type { User } from '../stores/user-store.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';
import { describeSession } from './account.ts';
import { ADMIN_USER, ADMIN_USERS, NOTHING, RESET_LINK, SESSIONS } from './answers.ts';
import { id, oneTimeToken } from './members.ts';
import type { Operation } from './operation.ts';
import { readPage } from './page.ts';
import { sendResetLink } from './password.ts';

const role = z.string().regex(ROLE_FORM, ROLE_RULE);
const ROLES = z.strictObject({ roles: z.array(role).max(MOST_ROLES) });
const CLAIM = z.strictObject({ token: oneTimeToken });
const USERS = {
  after: z.string().max(22).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  search: z
    .string()
    .trim()
    .min(1)
    .max(254)
    .regex(/^\P{Cc}*$/u)
    .optional(),
  role: role.optional(),
  suspended: z.enum(['true', 'false']).optional(),
};

/** `GET /v1/admin/users`: a page at a time, in order of making. */
export const listUsers: Operation = {
  summary: 'Users, a page at a time',
  credential: 'admin',
  query: USERS,
  answers: { 200: ADMIN_USERS },
  async run(context, request) {
    await authenticateAdmin(context, request);
    const { suspended, limit, ...query } = readQuery(request, USERS);
    const { rows, next } = await readPage(
      limit,
      (count) =>
        context.store.listUsers({
          ...query,
          limit: count,
          ...(suspended === undefined ? {} : { suspended: suspended === 'true' }),
        }),
      ({ id: last }) => last,
    );
    return Response.json({ users: rows.map(describeUser), next });
  },
};

/** `GET /v1/admin/users/:id` */
export const showUser: Operation = {
  summary: 'One user',
  credential: 'admin',
  parameters: [id],
  answers: { 200: ADMIN_USER },
  refusals: ['admin/unknown-user'],
  async run(context, request, _scope, userId) {
    await authenticateAdmin(context, request);
    return Response.json(describeUser(await findUser(context, userId)));
  },
};

/** `POST /v1/admin/users/:id/suspend` */
export const suspendUser: Operation = {
  summary: 'Suspend: every session ends, and none begins',
  credential: 'admin',
  parameters: [id],
  answers: { 200: ADMIN_USER },
  refusals: ['admin/unknown-user', 'admin/self'],
  run: (context, request, scope, userId) => setSuspended(context, request, { userId, ip: scope.ip, suspended: true }),
};

/** `POST /v1/admin/users/:id/restore` */
export const restoreUser: Operation = {
  summary: 'Let somebody in again who was suspended or is locked out by failed sign-ins',
  credential: 'admin',
  parameters: [id],
  answers: { 200: ADMIN_USER },
  refusals: ['admin/unknown-user', 'admin/self'],
  run: (context, request, scope, userId) => setSuspended(context, request, { userId, ip: scope.ip, suspended: false }),
};

/** `PUT /v1/admin/users/:id/roles`: felt at every API within a second. */
export const setRoles: Operation = {
  summary: 'Set the roles; tokens made before are refused',
  credential: 'admin',
  parameters: [id],
  body: { schema: ROLES },
  answers: { 200: ADMIN_USER },
  refusals: ['admin/unknown-user', 'admin/self'],
  run: changeRoles,
};

/** `POST /v1/admin/users/:id/reset-link`: an administrator can't choose a password for somebody. ASVS 6.4.6 */
export const makeResetLink: Operation = {
  summary: 'A link that resets the password, once; it is mailed as well',
  credential: 'admin',
  parameters: [id],
  answers: { 200: RESET_LINK },
  refusals: ['admin/unknown-user'],
  async run(context, request, { ip }, userId) {
    const admin = await authenticateAdmin(context, request);
    const user = await findUser(context, userId);
    const link = await sendResetLink(context, user, { actor: admin.user.id, ip });
    return Response.json({ link, expires_in: LINK_SECONDS });
  },
};

/** `GET /v1/admin/users/:id/sessions` */
export const listUserSessions: Operation = {
  summary: "A user's sessions",
  credential: 'admin',
  parameters: [id],
  answers: { 200: SESSIONS },
  refusals: ['admin/unknown-user'],
  async run(context, request, _scope, userId) {
    const admin = await authenticateAdmin(context, request);
    const user = await findUser(context, userId);
    const sessions = await context.store.listSessions(user.id);
    return Response.json({ sessions: sessions.map((session) => describeSession(session, admin.session.id)) });
  },
};

/** `DELETE /v1/admin/users/:id/sessions` */
export const endUserSessions: Operation = {
  summary: 'Sign a user out everywhere',
  credential: 'admin',
  parameters: [id],
  answers: { 204: NOTHING },
  refusals: ['admin/unknown-user'],
  async run(context, request, { ip }, userId) {
    const admin = await authenticateAdmin(context, request);
    const user = await findUser(context, userId);
    await context.store.endAllSessions(user.id, 'admin', { actor: admin.user.id, ip });
    await context.feed.publish();
    return new Response(null, { status: 204 });
  },
};

/** `DELETE /v1/admin/sessions/:id` */
export const endUserSession: Operation = {
  summary: 'End one session of anybody',
  credential: 'admin',
  parameters: [id],
  answers: { 204: NOTHING },
  refusals: ['session/unknown'],
  async run(context, request, { ip }, sessionId) {
    const admin = await authenticateAdmin(context, request);
    const session = timeOfId(sessionId) === undefined ? undefined : await context.store.findSession(sessionId);
    if (session === undefined) throw new Problem('session/unknown');
    await context.store.endSession(session.userId, session.id, 'admin', { actor: admin.user.id, ip });
    await context.feed.publish();
    return new Response(null, { status: 204 });
  },
};

/** `POST /v1/admin/claim`: the link that the first start prints. */
export const claimAdmin: Operation = {
  summary: 'Become the first administrator with the token of the link',
  credential: 'account',
  body: { schema: CLAIM },
  answers: { 204: NOTHING },
  refusals: ['account/link'],
  run: redeemClaim,
};

function describeUser(user: User) {
  return {
    id: user.id,
    email: user.email,
    email_verified: user.emailVerifiedAt !== undefined,
    name: user.name ?? null,
    picture: user.picture ?? null,
    locale: user.locale ?? null,
    roles: user.roles,
    created_at: new Date(user.createdAt).toISOString(),
    suspended_at: user.disabledAt === undefined ? null : new Date(user.disabledAt).toISOString(),
  };
}

/** @throws {Problem} `admin/unknown-user` */
async function findUser({ store }: ServerContext, userId: string): Promise<User> {
  const user = timeOfId(userId) === undefined ? undefined : await store.findUser(userId);
  if (user === undefined) throw new Problem('admin/unknown-user');
  return user;
}

/** Nobody takes the ground from under their own feet: so there is always an administrator. @throws {Problem} `admin/self` */
function checkOther(admin: AccountPrincipal, userId: string): void {
  if (admin.user.id === userId) throw new Problem('admin/self');
}

interface Suspension {
  readonly userId: string;
  readonly ip: string | undefined;
  readonly suspended: boolean;
}

async function setSuspended(context: ServerContext, request: Request, change: Suspension): Promise<Response> {
  const { store, mailer, settings, feed, limits } = context;
  const { userId, ip, suspended } = change;
  const admin = await authenticateAdmin(context, request);
  checkOther(admin, userId);
  const { email } = await findUser(context, userId);
  const told: Effects = (user) => ({
    mails: mailer.write(
      { ...user, userId: user.id },
      suspended ? 'account-suspended' : 'account-restored',
      eventNow(context, undefined),
    ),
    audit: [
      { event: suspended ? 'user-suspended' : 'user-restored', outcome: 'success', userId, actor: admin.user.id, ip },
    ],
  });
  const user = await store.setSuspended(userId, suspended, told);
  if (user === undefined) throw new Problem('admin/unknown-user');
  if (!suspended) await limits.forgive(email);
  settings.log({
    level: 'info',
    event: suspended ? 'user.suspended' : 'user.restored',
    user: userId,
    by: admin.user.id,
  });
  mailer.kick();
  if (suspended) await feed.publish();
  return Response.json(describeUser(user));
}

async function changeRoles(
  context: ServerContext,
  request: Request,
  { ip }: RequestScope,
  userId: string,
): Promise<Response> {
  const { store, mailer, settings, feed } = context;
  const admin = await authenticateAdmin(context, request);
  const body = await readBody(request, ROLES);
  checkOther(admin, userId);
  await findUser(context, userId);
  const roles = [...new Set(body.roles)];
  const user = await store.changeRoles(userId, roles, (changed) => ({
    mails: mailer.write({ ...changed, userId }, 'roles-changed', { ...eventNow(context, undefined), roles }),
    audit: [{ event: 'roles-changed', outcome: 'success', userId, actor: admin.user.id, ip, reason: roles.join(' ') }],
  }));
  if (user === undefined) throw new Problem('admin/unknown-user');
  settings.log({ level: 'info', event: 'user.roles', user: userId, by: admin.user.id });
  mailer.kick();
  await feed.publish();
  return Response.json(describeUser(user));
}

async function redeemClaim(context: ServerContext, request: Request, scope: RequestScope): Promise<Response> {
  const { user } = await authenticateAccount(context, request);
  const { token } = await readBody(request, CLAIM);
  await becomeFirstAdmin(context, user, scope, token);
  return new Response(null, { status: 204 });
}

/** Spends the token of the first administrator's link. @throws {Problem} `account/link` */
export async function becomeFirstAdmin(
  context: ServerContext,
  user: User,
  { ip }: Pick<RequestScope, 'ip'>,
  token: string,
): Promise<void> {
  const hash = hashOneTimeToken(token);
  if (hash === undefined) throw new Problem('account/link');
  const claimed = await context.store.claimAdmin(hash, user.id, ({ id: userId }) => ({
    audit: [{ event: 'admin-claimed', outcome: 'success', userId, actor: userId, ip }],
  }));
  if (claimed.status !== 'done') throw new Problem('account/link');
  context.settings.log({ level: 'warn', event: 'admin.claimed', user: user.id });
  await context.feed.publish();
}
