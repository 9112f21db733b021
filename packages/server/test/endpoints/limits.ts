import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../../tests/support/postgres-database.ts';
import { databaseFromUrl } from '../../src/index.ts';
import {
  BEARER_ORIGIN,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  type UnderTest,
  verdict,
} from './server-under-test.ts';

const EMAIL = 'kim@example.test';

interface Try {
  readonly email?: string;
  readonly password?: string;
  readonly ip?: string;
  readonly deviceToken?: string;
}

async function trySignIn(under: UnderTest, given: Try = {}): Promise<Response> {
  return under.call('/v1/sign-in', {
    json: {
      email: given.email ?? EMAIL,
      password: given.password ?? PASSWORD,
      delivery: 'bearer',
      ...(given.deviceToken === undefined ? {} : { device_token: given.deviceToken }),
    },
    headers: { origin: BEARER_ORIGIN },
    ...(given.ip === undefined ? {} : { remoteAddress: given.ip }),
  });
}

/** Statuses of so many wrong passwords, each another one. */
async function guess(under: UnderTest, count: number, given: (n: number) => Try = () => ({})): Promise<string> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++)
    statuses.push((await trySignIn(under, { password: `wrong password ${n}`, ...given(n) })).status);
  return statuses.join(' ');
}

const times = (count: number, status: number): string => Array.from({ length: count }, () => status).join(' ');

/** Two servers on one database, asked in turn: what one of them has counted holds at the other. */
async function openTwo(): Promise<UnderTest> {
  const options = {
    database: databaseFromUrl(await createPostgresDatabase()),
    secrets: [randomBytes(32).toString('base64url')],
  };
  const [first, second] = [await openServer(options), await openServer(options)];
  let calls = 0;
  return {
    ...first,
    call(path, given) {
      calls += 1;
      return (calls % 2 === 0 ? first : second).call(path, given);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([first.server.close(), second.server.close()]);
    },
  };
}

describe.each([
  ['SQLite', openServer],
  ['PostgreSQL, of two servers,', openTwo],
])('limits over %s', (_, open) => {
  test('P03: ten wrong passwords at one account, from wherever; the answer says when the next one is judged', async () => {
    await using under = await open();
    await under.signUp(EMAIL);
    const from = (n: number): Try => ({ ip: `192.0.2.${n}` });
    expect(await guess(under, 12, from)).toBe(`${times(10, 401)} ${times(2, 429)}`);
    const refused = await trySignIn(under, { ip: '198.51.100.1' });
    expect(await verdict(refused)).toEqual([429, 'request/too-many']);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(50);
    expect(wait).toBeLessThanOrEqual(60);
  });

  test('P04: the person on a known device gets in while strangers use up the tries of the account', async () => {
    await using under = await open();
    await under.signUp(EMAIL);
    const { device_token: deviceToken } = (await (await trySignIn(under)).json()) as { device_token: string };
    await guess(under, 11);
    expect((await trySignIn(under)).status).toBe(429);
    expect((await trySignIn(under, { deviceToken })).status).toBe(200);
  });

  test('P02: one password at many accounts from many networks is slowed', async () => {
    await using under = await open();
    const spray = (n: number): Try => ({ email: `${n}@example.test`, password: 'Winter is here', ip: `192.0.2.${n}` });
    expect(await guess(under, 22, spray)).toBe(`${times(20, 401)} ${times(2, 429)}`);
  });

  test('P02, P03: many accounts from one network are slowed; another network, and loopback, are not', async () => {
    await using under = await open();
    const stuff =
      (ip: string) =>
      (n: number): Try => ({ email: `${n}-${ip}@example.test`, ip });
    expect(await guess(under, 51, stuff('203.0.113.9'))).toBe(`${times(50, 401)} 429`);
    expect(await guess(under, 1, stuff('203.0.113.10'))).toBe('401');
    // in front of the server is a proxy that it was not told of: no bucket for everybody
    expect(await guess(under, 52, stuff('127.0.0.1'))).toBe(times(52, 401));
  }, 120_000);
});

describe('limits', () => {
  test('P01: an address without an account is refused at the same try with the same answer', async () => {
    await using under = await openServer();
    const email = 'nobody@example.test';
    expect(await guess(under, 11, () => ({ email }))).toBe(`${times(10, 401)} 429`);
  });

  test('P04: the mark of a device is good for one account, and nothing can be changed in it', async () => {
    await using under = await openServer();
    await under.signUp(EMAIL);
    await under.signUp('lee@example.test');
    const { device_token: deviceToken } = (await (await trySignIn(under)).json()) as { device_token: string };
    await guess(under, 10);
    await guess(under, 10, () => ({ email: 'lee@example.test' }));
    const [kind, secretId, id, tag] = deviceToken.split('.');
    const other = 'A'.repeat(22);
    for (const mark of [
      `${kind}.${secretId}.${other}.${tag}`,
      `${kind}.AAAAAA.${id}.${tag}`,
      'md1...',
      `${deviceToken}x`,
    ])
      expect((await trySignIn(under, { deviceToken: mark })).status).toBe(429);
    expect((await trySignIn(under, { email: 'lee@example.test', deviceToken })).status).toBe(429);
  });

  test('P04: a stolen known device has ten tries too', async () => {
    await using under = await openServer();
    await under.signUp(EMAIL);
    const { device_token: deviceToken } = (await (await trySignIn(under)).json()) as { device_token: string };
    expect(await guess(under, 11, () => ({ deviceToken }))).toBe(`${times(10, 401)} 429`);
  });

  test('what went well does not count', async () => {
    await using under = await openServer();
    await under.signUp(EMAIL);
    for (let n = 0; n < 15; n++) expect((await trySignIn(under, { ip: '203.0.113.9' })).status).toBe(200);
  });

  test('D05, P01: links to ever new addresses are slowed for one network, whether there are accounts or not', async () => {
    await using under = await openServer();
    for (let n = 0; n < 3; n++) await under.signUp(`${n}@example.test`);
    const forget = async (n: number, remoteAddress: string): Promise<number> =>
      (await under.call('/v1/password/forgot', { json: { email: `${n}@example.test` }, remoteAddress })).status;
    const statuses: number[] = [];
    for (let n = 0; n < 32; n++) statuses.push(await forget(n, '2001:db8:1:2::5'));
    expect(statuses.join(' ')).toBe(`${times(30, 202)} ${times(2, 429)}`);
    // the same addresses, from elsewhere
    expect([await forget(0, '203.0.113.4'), await forget(31, '203.0.113.4')]).toEqual([202, 202]);
  });

  test('P01: sign-ups from one network are slowed', async () => {
    await using under = await openServer();
    const signUp = async (n: number): Promise<Response> =>
      under.call('/v1/sign-up', {
        json: { email: `${n}@example.test`, password: PASSWORD },
        headers: SAME_ORIGIN,
        remoteAddress: '2001:db8:1:2::5',
      });
    const statuses: number[] = [];
    for (let n = 0; n < 21; n++) statuses.push((await signUp(n)).status);
    expect(statuses.join(' ')).toBe(`${times(20, 201)} 429`);
  });
});

describe('chosen passwords', () => {
  const { call } = shareServer();
  const signUp = (password: string, more: object = {}): Promise<Response> =>
    call('/v1/sign-up', { json: { email: 'bora.kim@example.test', password, ...more }, headers: SAME_ORIGIN });

  test.each([['password'], ['PassWord'], ['qwertyuiop'], ['iloveyou'], ['1234567890']])(
    'ASVS 6.2.4, 6.2.12: %s stands on the list of breached ones',
    async (password) => {
      expect(await verdict(await signUp(password))).toEqual([422, 'account/password-known']);
    },
  );

  test.each([['aaaaaaaaaaaaaaaa'], ['abcdefghij'], ['monkey12345'], ['bora.kim2026'], ['x'.repeat(1_000)]])(
    'ASVS 6.2.1: %s can be guessed',
    async (password) => {
      const answer = await signUp(password);
      expect(await verdict(answer.clone())).toEqual([422, 'account/password-weak']);
      expect(((await answer.json()) as { reasons: string[] }).reasons.length).toBeGreaterThan(0);
    },
  );

  test.each([['correct horse'], ['한강의 물은 오늘도 흐른다'], ['v9$kQ2!x'], ['ㄱㄴㄷ 나의 비밀번호 입니다']])(
    'ASVS 6.2.5, 6.2.9: %s may be chosen, whatever it is made of',
    async (password) => {
      expect((await signUp(password)).status).toBe(201);
    },
  );
});
