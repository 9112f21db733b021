import { APP, ISSUERS, type StandIns } from '../social/stand-ins.ts';
import type { Faulted } from './every-call.ts';
import { type FaultWorld, ISSUER } from './world.ts';

const NOTES = 'https://app.example.test/notes';
export const callbackOf = (provider: string): string => `${ISSUER}/social/${provider}/callback`;

/** Everything about sign-ins through a provider that asks the database, doing its whole work. @param route  Where the provider's names lead. */
export function socialFaulted(standIns: StandIns, route: (url: string) => string): Readonly<Record<string, Faulted>> {
  let people = 0;
  /** Somebody whom the provider knows, and nobody here. */
  const newPerson = (): { readonly sub: string; readonly email: string } => {
    people += 1;
    const sub = `person-${people}`;
    const person = { sub, email: `${sub}@gmail.test`, email_verified: true, name: 'Kim' };
    standIns.person = person;
    return person;
  };

  /** Goes to the provider and back, as far as the request of the callback. */
  async function untilCallback({ server }: FaultWorld, begun?: { location: string; cookie: string }) {
    let way = begun;
    if (way === undefined) {
      const start = `${ISSUER}/social/google/start?return_to=${encodeURIComponent(NOTES)}`;
      const answer = await server.fetch(new Request(start));
      way = { location: answer.headers.get('location') ?? '', cookie: cookieOf(answer) };
    }
    const { location, cookie } = way;
    const back = await fetch(route(location), { redirect: 'manual' });
    const callback = back.headers.get('location') ?? '';
    return () => new Request(callback, { headers: { cookie } });
  }

  const idTokenOf = (
    world: FaultWorld,
    { sub, email }: { readonly sub: string; readonly email: string },
    more: object = {},
  ): string => {
    const now = Math.floor(world.clock.now / 1_000);
    const claims = { iss: ISSUERS['google'], aud: 'app', sub, email, email_verified: true, iat: now, exp: now + 600 };
    return standIns.idToken({ ...claims, ...more });
  };
  const exchange = (world: FaultWorld, person: { readonly sub: string; readonly email: string }): Request =>
    post('/v1/social/google/token', { id_token: idTokenOf(world, person) });

  /** Somebody who came through the provider before. */
  async function knownPerson(world: FaultWorld) {
    const person = newPerson();
    const answer = await world.server.fetch(exchange(world, person));
    if (answer.status !== 200) throw new Error(`not signed in: ${answer.status} ${await answer.text()}`);
    const { access_token: bearer } = (await answer.json()) as { readonly access_token: string };
    return { ...person, bearer };
  }

  async function addLogin(world: FaultWorld, bearer: string): Promise<Request> {
    return post('/v1/me/logins', { provider: 'google', id_token: idTokenOf(world, newPerson()) }, bearer);
  }

  // a state and a code are good once: whoever lost the answer begins anew, which is said
  const web: Omit<Faulted, 'prepare'> = {
    status: 303,
    again: 400,
    anew: true,
    isFirstStep: isAccount,
    // a whole flow more for each call
    ...(process.env['MAPAE_LONG'] === undefined ? {} : { retry: (world: FaultWorld) => untilCallback(world) }),
  };
  return {
    'GET /social/:provider/callback, somebody new': {
      ...web,
      async prepare(world) {
        newPerson();
        return untilCallback(world);
      },
    },
    'GET /social/:provider/callback, somebody known': {
      ...web,
      // that the login was used, and its tokens
      isFirstStep: (changes) => changes.split('\n').every((line) => /^\s*[+-]1 6 /.test(line)),
      async prepare(world) {
        await knownPerson(world);
        return untilCallback(world);
      },
    },
    'GET /social/:provider/callback, an account that was made in advance': {
      ...web,
      async prepare(world) {
        const { user } = await world.person();
        standIns.person = { ...newPerson(), email: user.email };
        return untilCallback(world);
      },
    },
    'GET /social/:provider/callback, to link': {
      status: 303,
      again: 400,
      anew: true,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        newPerson();
        const answer = await world.server.fetch(post('/v1/social/google/link', { return_to: NOTES }, bearer));
        const { location } = (await answer.json()) as { readonly location: string };
        return untilCallback(world, { location, cookie: cookieOf(answer) });
      },
    },
    'POST /v1/social/:provider/token, somebody new': {
      status: 200,
      isFirstStep: isAccount,
      async prepare(world) {
        const person = newPerson();
        return () => exchange(world, person);
      },
    },
    'POST /v1/social/:provider/token, somebody known': {
      status: 200,
      async prepare(world) {
        const person = await knownPerson(world);
        return () => exchange(world, person);
      },
    },
    'POST /v1/social/:provider/token, with a nonce': {
      status: 200,
      again: 401,
      anew: true,
      isFirstStep: isAccount,
      async prepare(world) {
        const person = newPerson();
        const json = { id_token: idTokenOf(world, person, { nonce: person.sub }), nonce: person.sub };
        return () => post('/v1/social/google/token', json);
      },
    },
    'POST /v1/social/:provider/link': {
      status: 200,
      anew: true,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        return () => post('/v1/social/google/link', {}, bearer);
      },
    },
    'POST /v1/me/logins, an ID token': {
      status: 201,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        const request = await addLogin(world, bearer);
        return () => request.clone();
      },
    },
    'POST /v1/me/logins, the login that waits': {
      status: 201,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        newPerson();
        const begun = await world.server.fetch(post('/v1/social/google/link', { return_to: NOTES }, bearer));
        const { location } = (await begun.json()) as { readonly location: string };
        const callback = await untilCallback(world, { location, cookie: cookieOf(begun) });
        const cookie = cookieOf(await world.server.fetch(callback()));
        return () => post('/v1/me/logins', {}, bearer, cookie);
      },
    },
    'GET /v1/me/logins': {
      status: 200,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        return () => new Request(`${ISSUER}/v1/me/logins`, { headers: { authorization: `Bearer ${bearer}` } });
      },
    },
    'DELETE /v1/me/logins/:id': {
      status: 204,
      again: 404,
      async prepare(world) {
        const { bearer } = await knownPerson(world);
        const added = await world.server.fetch(await addLogin(world, bearer));
        const { id } = (await added.json()) as { readonly id: string };
        const headers = { authorization: `Bearer ${bearer}` };
        return () => new Request(`${ISSUER}/v1/me/logins/${id}`, { method: 'DELETE', headers });
      },
    },
  };
}

/** The options that these need. */
export const SOCIAL = {
  google: { clientId: APP.id, clientSecret: APP.secret, storeTokens: true, native: { clientIds: ['app'] } },
};

function post(path: string, json: object, bearer?: string, cookie?: string): Request {
  return new Request(ISSUER + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(path.endsWith('/token') ? {} : { 'sec-fetch-site': 'same-origin' }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(cookie === undefined ? {} : { cookie }),
    },
    body: JSON.stringify(json),
  });
}

/** Cookies that an answer sets, as a browser sends them back. */
function cookieOf({ headers }: Response): string {
  return headers
    .getSetCookie()
    .filter((line) => !/max-age=0/i.test(line))
    .map((line) => line.split(';')[0])
    .join('; ');
}

/** An account with its login, whole, and no session yet: whoever tries again finds it. */
function isAccount(changes: string): boolean {
  const lines = changes.split('\n').map((line) => line.trim());
  const made = lines.filter((line) => line.startsWith('+1 '));
  const has = (part: string): boolean => made.some((line) => line.includes(part));
  const isMade = has('"sign-up"') && made.length === lines.length;
  const isClaimed = has('"account-claimed"') && has('{"code":4}') && has('"end_reason":"claimed"');
  return has('"provider":"google"') && (isMade || isClaimed) && !has('"sign-in"') && !has('"end_reason":null');
}
