import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Call, SAME_ORIGIN, shareServer, verdict } from './server-under-test.ts';

/** Every endpoint that reads a body, with one that it takes as far as its shape goes. */
const ENDPOINTS: readonly {
  readonly path: string;
  readonly good: Readonly<Record<string, unknown>>;
  readonly optional?: true;
  readonly method?: string;
  /** Whether it wants somebody who is signed in, an administrator where it is one of theirs. */
  readonly bearer?: true;
}[] = [
  { path: '/v1/sign-up', good: { email: 'a@example.test', password: 'correct horse battery' } },
  { path: '/v1/sign-in', good: { email: 'a@example.test', password: 'correct horse battery', delivery: 'bearer' } },
  { path: '/v1/refresh', good: { refresh_token: 'mr1.none' }, optional: true },
  { path: '/v1/sign-out', good: { refresh_token: 'mr1.none' }, optional: true },
  { path: '/v1/email/verify', good: { token: 'x' } },
  { path: '/v1/email/confirm', good: { token: 'x' } },
  { path: '/v1/email/change', good: { email: 'b@example.test', password: 'x' }, bearer: true },
  { path: '/v1/password/forgot', good: { email: 'b@example.test' } },
  { path: '/v1/password/reset', good: { token: 'x', password: 'correct horse battery' } },
  { path: '/v1/password/change', good: { password: 'x', new_password: 'correct horse battery' }, bearer: true },
  { path: '/v1/me', method: 'DELETE', good: { password: 'x' }, optional: true, bearer: true },
  { path: '/v1/social/demo/token', good: { id_token: 'x' } },
  { path: '/v1/social/demo/link', good: { password: 'x' }, optional: true, bearer: true },
  { path: '/v1/me/logins', good: { provider: 'demo', id_token: 'x' }, optional: true, bearer: true },
  {
    path: '/v1/me/logins/aaaaaaaaaaaaaaaaaaaaaa',
    method: 'DELETE',
    good: { password: 'x' },
    optional: true,
    bearer: true,
  },
  { path: '/v1/me', method: 'PATCH', good: { name: 'Kim', locale: 'ko' }, optional: true, bearer: true },
  { path: '/v1/admin/claim', good: { token: 'x' }, bearer: true },
  { path: '/v1/admin/users/aaaaaaaaaaaaaaaaaaaaaa/roles', method: 'PUT', good: { roles: ['x'] }, bearer: true },
];

const JSON_TYPE = { 'content-type': 'application/json' };
const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

/** Bodies that are no JSON object in one spelling. J07, J09, J10, J22 at the server's door. */
const MALFORMED: readonly (readonly [title: string, body: string | Uint8Array])[] = [
  ['nothing at all', ''],
  ['cut off', '{"email":'],
  ['single quotes', "{'email':1}"],
  ['a comment', '{"email":1/*x*/}'],
  ['a trailing comma', '{"email":1,}'],
  ['NaN', '{"email":NaN}'],
  ['two values', '{}{}'],
  ['a name twice', '{"email":"a@example.test","email":"b@example.test"}'],
  ['a name twice, once escaped', '{"email":"a@example.test","\\u0065mail":"b@example.test"}'],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], '{}')],
  ['bytes that are no UTF-8', bytes('{"email":"', [0xff, 0xfe], '"}')],
  ['an overlong encoding', bytes('{"email":"', [0xc0, 0xaf], '"}')],
  ['UTF-16', Buffer.from('{}', 'utf16le')],
  ['a hundred thousand brackets', '['.repeat(60_000)],
];

const OTHER_TYPES: readonly (readonly [title: string, headers: Readonly<Record<string, string>>])[] = [
  ['text/plain, as a form of another site can send it', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
  ['a type that only begins alike', { 'content-type': 'application/json-seq' }],
  ['two types', { 'content-type': 'text/plain, application/json' }],
  ['gzip', { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
];

describe('bodies', () => {
  const { call, signUp, signIn, server } = shareServer();
  let boss: string;
  beforeAll(async () => {
    await signUp('boss@example.test');
    const token = server.firstAdminLink?.split('=')[1];
    await call('/v1/admin/claim', { json: { token }, bearer: (await signIn('boss@example.test')).access_token });
    boss = (await signIn('boss@example.test')).access_token;
  });

  describe.each(ENDPOINTS)('$method $path', ({ path, good, optional, method = 'POST', bearer }) => {
    const send = (address: string, more: Call): Promise<Response> =>
      call(address, { method, ...(bearer === undefined ? {} : { bearer: boss }), ...more });

    test.each(OTHER_TYPES)('RFC 9110 §15.5.16: %s is 415', async (_title, headers) => {
      const body = JSON.stringify(good);
      const raw = headers['content-encoding'] === undefined ? body : gzipSync(body);
      expect(await verdict(await send(path, { headers, raw }))).toEqual([415, 'request/content-type']);
    });

    test('a body without a type is 415', async () => {
      // bytes: of a string, Request would make text/plain
      const raw = Buffer.from(JSON.stringify(good));
      expect(await verdict(await send(path, { raw }))).toEqual([415, 'request/content-type']);
    });

    test.each(MALFORMED)('RFC 8259, RFC 8725 §2.6: %s is 400', async (_title, raw) => {
      expect(await verdict(await send(path, { headers: JSON_TYPE, raw }))).toEqual([400, 'request/malformed']);
    });

    test('D03: more than 64 KiB is 413, whatever Content-Length says', async () => {
      const raw = JSON.stringify({ ...good, email: 'a'.repeat(65_536) });
      expect(await verdict(await send(path, { headers: JSON_TYPE, raw }))).toEqual([413, 'request/too-large']);
      const lied = await send(path, { headers: { ...JSON_TYPE, 'content-length': '10' }, raw });
      expect(await verdict(lied)).toEqual([413, 'request/too-large']);
      const announced = await send(path, { headers: { ...JSON_TYPE, 'content-length': '65537' }, raw: '{}' });
      expect(await verdict(announced)).toEqual([413, 'request/too-large']);
    });

    test.each([[[]], ['text'], [1], [null], [true]])('a body that is %j, no object, is 422', async (json) => {
      const answer = await send(path, { json });
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ code: 'request/invalid', errors: [{ path: '' }] });
    });

    test('P12: a member that is not known is 422, and nothing of it is repeated', async () => {
      for (const name of ['roles', 'is_admin', 'constructor', 'toString'].filter((one) => !Object.hasOwn(good, one))) {
        const answer = await send(path, { json: { ...good, [name]: 'a-value-of-mine' } });
        const text = await answer.text();
        expect([name, answer.status]).toEqual([name, 422]);
        expect(JSON.parse(text)).toMatchObject({
          code: 'request/invalid',
          errors: [{ path: '', message: expect.any(String) as unknown }],
        });
        expect(text).not.toContain('a-value-of-mine');
        expect(text).not.toContain('is_admin');
      }
    });

    test('J14: __proto__ is one of them, and no object gets it', async () => {
      const raw = JSON.stringify(good).replace('{', '{"__proto__":{"admin":true},');
      expect(await verdict(await send(path, { headers: JSON_TYPE, raw }))).toEqual([422, 'request/invalid']);
      expect({}).not.toHaveProperty('admin');
    });

    test('a member of another type is 422 and named by its path', async () => {
      for (const name of Object.keys(good)) {
        for (const value of wrongFor(name, method)) {
          const answer = await send(path, { json: { ...good, [name]: value } });
          expect([name, value, answer.status]).toEqual([name, value, 422]);
          const { code, errors } = (await answer.json()) as { code: string; errors: readonly { path: string }[] };
          expect(code).toBe('request/invalid');
          // a text that is too short an array as well is said twice
          for (const { path: where } of errors) expect(where).toBe(name);
        }
      }
    });

    if (optional === true) return;
    test('a member that is missing is 422 and named by its path', async () => {
      for (const name of Object.keys(good).filter((one) => one !== 'delivery')) {
        const { [name]: _, ...rest } = good;
        const answer = await send(path, { json: rest });
        expect(answer.status).toBe(422);
        expect(await answer.json()).toMatchObject({ errors: [{ path: name }] });
      }
    });
  });

  const accepted = (path: string, json: object): Promise<Response> => call(path, { json, headers: SAME_ORIGIN });

  test.each([
    ['no address', { email: 'nobody', password: 'correct horse battery' }, 'email'],
    ['two addresses', { email: 'a@example.test,b@example.test', password: 'correct horse battery' }, 'email'],
    [
      'an address with a line break',
      { email: 'a@example.test\r\nBcc: b@c.test', password: 'correct horse battery' },
      'email',
    ],
    [
      'an address of 255 characters',
      { email: `${'a'.repeat(64)}@${'b'.repeat(190)}`, password: 'correct horse battery' },
      'email',
    ],
    ['a password of seven characters', { email: 'c@example.test', password: 'sevenxx' }, 'password'],
    ['a password of 1,025 bytes', { email: 'c@example.test', password: '가'.repeat(342) }, 'password'],
    [
      'a name of 101 characters',
      { email: 'c@example.test', password: 'correct horse battery', name: 'x'.repeat(101) },
      'name',
    ],
    ['a name with U+0000', { email: 'c@example.test', password: 'correct horse battery', name: 'a\0b' }, 'name'],
    ['a name with a line break', { email: 'c@example.test', password: 'correct horse battery', name: 'a\nb' }, 'name'],
    ['a name of nothing but space', { email: 'c@example.test', password: 'correct horse battery', name: '  ' }, 'name'],
  ])('sign-up: %s is 422', async (_title, json, path) => {
    const answer = await accepted('/v1/sign-up', json);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ path }] });
  });

  test('a charset of utf-8 and upper case are the same type', async () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"']) {
      const raw = JSON.stringify({ email: 'types@example.test', password: 'correct horse battery' });
      expect((await call('/v1/sign-up', { method: 'POST', headers: { 'content-type': type }, raw })).status).toBe(201);
    }
  });
});

/** Values of other types than a member has. */
function wrongFor(name: string, method: string): readonly unknown[] {
  const wrong = [7, true, { a: 1 }, ...(name === 'roles' ? ['x'] : [[]])];
  return method === 'PATCH' ? wrong : [...wrong, null];
}
