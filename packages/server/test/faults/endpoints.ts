import { randomBytes } from 'node:crypto';
import { createOneTimeLink } from '../../src/accounts/one-time-link.ts';
import type { OneTimePurpose } from '../../src/stores/account-store.ts';
import type { Faulted } from './every-call.ts';
import { FAULTED_PAGES } from './pages.ts';
import { API, API_SECRET, type FaultWorld, ISSUER, OPAQUE_API, PASSWORD, type Person } from './world.ts';

const NEW_PASSWORD = 'another horse and battery';
let addresses = 0;
const newAddress = (): string => {
  addresses += 1;
  return `new${addresses}@example.test`;
};

interface Ask {
  readonly bearer?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(method: string, path: string, { bearer, json, headers }: Ask = {}): Request {
  return new Request(ISSUER + path, {
    method,
    headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
}

/** An endpoint that somebody new asks something of. */
function byPerson(
  status: number,
  request: (person: Person, world: FaultWorld) => () => Request,
  more: Pick<Faulted, 'again' | 'anew'> = {},
): Faulted {
  return { status, ...more, prepare: async (world) => request(await world.person(), world) };
}

/** One that spends the token of a link. */
function byLink(purpose: OneTimePurpose, request: (token: string) => Request, payload?: () => string): Faulted {
  return {
    status: 204,
    again: 400,
    async prepare(world) {
      const { user } = await world.person();
      const { hash, link } = createOneTimeLink(ISSUER, purpose, (bytes) => randomBytes(bytes));
      await world.store.issueOneTimeToken({
        hash,
        purpose,
        user: { id: user.id, credentialVersion: user.credentialVersion },
        payload: payload?.(),
        lifetimeSeconds: 900,
      });
      return () => request(new URL(link).searchParams.get('token') ?? '');
    },
  };
}

/** One of the admin API: an administrator and whom it is about. */
function byAdmin(status: number, request: (bearer: string, other: Person) => Request): Faulted {
  return {
    status,
    async prepare(world) {
      const [admin, other] = [await world.person(), await world.person()];
      await world.store.changeRoles(admin.user.id, ['admin']);
      // the token of before the role is refused
      const refreshed = await world.server.fetch(
        ask('POST', '/v1/refresh', { json: { refresh_token: admin.refreshToken } }),
      );
      const { access_token: bearer } = (await refreshed.json()) as { readonly access_token: string };
      return () => request(bearer, other);
    },
  };
}

/** An API that asks about a token of its own. */
function byApi(clientId: string, resource: string): Faulted {
  return {
    status: 200,
    async prepare(world) {
      const { refreshToken } = await world.person();
      const answer = await world.server.fetch(
        ask('POST', '/v1/refresh', { json: { refresh_token: refreshToken, resource } }),
      );
      const { access_token: token } = (await answer.json()) as { readonly access_token: string };
      const credential = Buffer.from(`${clientId}:${encodeURIComponent(API_SECRET)}`).toString('base64');
      return () =>
        new Request(`${ISSUER}/oauth2/introspect`, {
          method: 'POST',
          headers: { authorization: `Basic ${credential}` },
          body: new URLSearchParams({ token }),
        });
    },
  };
}

const HOUR = 3_600_000;

/** Every endpoint that asks the database, doing its whole work. */
export const FAULTED: Readonly<Record<string, Faulted>> = {
  'POST /v1/sign-up': {
    status: 201,
    anew: true,
    async prepare() {
      const email = newAddress();
      return () => ask('POST', '/v1/sign-up', { json: { email, password: PASSWORD } });
    },
  },
  'POST /v1/sign-up, a known address': byPerson(
    201,
    ({ user: { email } }) =>
      () =>
        ask('POST', '/v1/sign-up', { json: { email, password: PASSWORD } }),
    { anew: true },
  ),
  'POST /v1/sign-in': byPerson(
    200,
    ({ user: { email } }) =>
      () =>
        ask('POST', '/v1/sign-in', { json: { email, password: PASSWORD, delivery: 'bearer' } }),
  ),
  'POST /v1/refresh, due to advance': byPerson(200, ({ refreshToken }, { clock }) => {
    clock.now += HOUR;
    const headers = { 'idempotency-key': 'the same' };
    return () => ask('POST', '/v1/refresh', { json: { refresh_token: refreshToken }, headers });
  }),
  'POST /v1/refresh, a replay': {
    status: 400,
    async prepare(world) {
      const { refreshToken } = await world.person();
      let presented = refreshToken;
      for (let round = 0; round < 2; round += 1) {
        world.clock.now += HOUR;
        const answer = await world.server.fetch(ask('POST', '/v1/refresh', { json: { refresh_token: presented } }));
        presented = ((await answer.json()) as { readonly refresh_token: string }).refresh_token;
      }
      return () => ask('POST', '/v1/refresh', { json: { refresh_token: refreshToken } });
    },
  },
  'POST /v1/sign-out': byPerson(
    204,
    ({ refreshToken }) =>
      () =>
        ask('POST', '/v1/sign-out', { json: { refresh_token: refreshToken } }),
  ),
  'POST /v1/sign-out-everywhere': byPerson(
    204,
    ({ bearer }) =>
      () =>
        ask('POST', '/v1/sign-out-everywhere', { bearer }),
    {
      again: 401,
    },
  ),
  'POST /v1/sign-out-others': {
    status: 204,
    async prepare(world) {
      const { user, bearer } = await world.person();
      await world.store.startSession({
        userId: user.id,
        credentialVersion: 1,
        clientId: 'first-party',
        scope: ['account'],
        delivery: 'bearer',
        secretId: 'other',
        device: undefined,
        userAgent: undefined,
        ip: undefined,
        amr: ['pwd'],
        idleSeconds: 86_400,
        absoluteSeconds: 86_400,
      });
      return () => ask('POST', '/v1/sign-out-others', { bearer });
    },
  },
  'GET /v1/me': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('GET', '/v1/me', { bearer }),
  ),
  'PATCH /v1/me': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('PATCH', '/v1/me', { bearer, json: { name: 'Kim' } }),
  ),
  'DELETE /v1/me': byPerson(
    204,
    ({ bearer }) =>
      () =>
        ask('DELETE', '/v1/me', { bearer, json: { password: PASSWORD } }),
    {
      again: 401,
    },
  ),
  'GET /v1/me/export': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('GET', '/v1/me/export', { bearer }),
  ),
  'POST /v1/email/verification': byPerson(
    202,
    ({ bearer }) =>
      () =>
        ask('POST', '/v1/email/verification', { bearer }),
    { anew: true },
  ),
  'POST /v1/email/verify': byLink('verify-email', (token) => ask('POST', '/v1/email/verify', { json: { token } })),
  'POST /v1/email/change': byPerson(
    202,
    ({ bearer }) => {
      const email = newAddress();
      return () => ask('POST', '/v1/email/change', { bearer, json: { email, password: PASSWORD } });
    },
    { anew: true },
  ),
  'POST /v1/email/confirm': byLink(
    'change-email',
    (token) => ask('POST', '/v1/email/confirm', { json: { token } }),
    newAddress,
  ),
  'POST /v1/password/forgot': byPerson(
    202,
    ({ user: { email } }) =>
      () =>
        ask('POST', '/v1/password/forgot', { json: { email } }),
    { anew: true },
  ),
  'POST /v1/password/reset': byLink('reset-password', (token) =>
    ask('POST', '/v1/password/reset', { json: { token, password: NEW_PASSWORD } }),
  ),
  'POST /v1/password/change': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('POST', '/v1/password/change', { bearer, json: { password: PASSWORD, new_password: NEW_PASSWORD } }),
    { again: 401 },
  ),
  'GET /v1/sessions': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('GET', '/v1/sessions', { bearer }),
  ),
  'DELETE /v1/sessions/:id': byPerson(
    204,
    ({ bearer, sessionId }) =>
      () =>
        ask('DELETE', `/v1/sessions/${sessionId}`, { bearer }),
    { again: 401 },
  ),
  'GET /v1/me/logins': byPerson(
    200,
    ({ bearer }) =>
      () =>
        ask('GET', '/v1/me/logins', { bearer }),
  ),
  'POST /v1/admin/claim': {
    status: 204,
    // the role cuts off the token that it was asked with
    again: 401,
    async prepare(world) {
      const { bearer } = await world.person();
      const { hash, link } = createOneTimeLink(ISSUER, 'first-admin', (bytes) => randomBytes(bytes));
      const about = { user: undefined, payload: undefined, lifetimeSeconds: 900 };
      await world.store.issueOneTimeToken({ hash, purpose: 'first-admin', ...about });
      const token = new URL(link).searchParams.get('token') ?? '';
      return () => ask('POST', '/v1/admin/claim', { bearer, json: { token } });
    },
  },
  'POST /v1/refresh, for an opaque token': byPerson(
    200,
    ({ refreshToken }) =>
      () =>
        ask('POST', '/v1/refresh', { json: { refresh_token: refreshToken, resource: OPAQUE_API } }),
  ),
  'POST /oauth2/introspect, a signed token': byApi('notes', API),
  'POST /oauth2/introspect, an opaque token': byApi('ledger', OPAQUE_API),
  'GET /v1/admin/users': byAdmin(200, (bearer) => ask('GET', '/v1/admin/users', { bearer })),
  'GET /v1/admin/users/:id': byAdmin(200, (bearer, { user }) => ask('GET', `/v1/admin/users/${user.id}`, { bearer })),
  'POST /v1/admin/users/:id/suspend': byAdmin(200, (bearer, { user }) =>
    ask('POST', `/v1/admin/users/${user.id}/suspend`, { bearer }),
  ),
  'POST /v1/admin/users/:id/restore': byAdmin(200, (bearer, { user }) =>
    ask('POST', `/v1/admin/users/${user.id}/restore`, { bearer }),
  ),
  'PUT /v1/admin/users/:id/roles': byAdmin(200, (bearer, { user }) =>
    ask('PUT', `/v1/admin/users/${user.id}/roles`, { bearer, json: { roles: ['editor'] } }),
  ),
  'POST /v1/admin/users/:id/reset-link': byAdmin(200, (bearer, { user }) =>
    ask('POST', `/v1/admin/users/${user.id}/reset-link`, { bearer }),
  ),
  'GET /v1/admin/users/:id/sessions': byAdmin(200, (bearer, { user }) =>
    ask('GET', `/v1/admin/users/${user.id}/sessions`, { bearer }),
  ),
  'DELETE /v1/admin/users/:id/sessions': byAdmin(204, (bearer, { user }) =>
    ask('DELETE', `/v1/admin/users/${user.id}/sessions`, { bearer }),
  ),
  'DELETE /v1/admin/sessions/:id': byAdmin(204, (bearer, { sessionId }) =>
    ask('DELETE', `/v1/admin/sessions/${sessionId}`, { bearer }),
  ),
  'GET /v1/admin/audit': byAdmin(200, (bearer) => ask('GET', '/v1/admin/audit', { bearer })),
  'GET /v1/admin/audit/export': byAdmin(200, (bearer) => ask('GET', '/v1/admin/audit/export', { bearer })),
  'GET /readyz': byPerson(200, () => () => ask('GET', '/readyz')),
  ...FAULTED_PAGES,
};
