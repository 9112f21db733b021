import { randomBytes } from 'node:crypto';
import { decode } from '@mapae/jwt';
import { expect, test } from 'vitest';
import { createServer, sqlite } from '../src/index.ts';

test('an access token with the reference claims has at most 500 bytes, and nobody can read a name or an address in it', async () => {
  const issuer = 'https://auth.mapae.examp';
  const api = 'https://api1.mapae.examp';
  expect([issuer.length, api.length]).toEqual([24, 24]);
  const server = await createServer({
    issuer,
    database: sqlite(':memory:'),
    secrets: [randomBytes(32).toString('base64url')],
    resources: [{ identifier: api, scopes: ['notes:read', 'notes:write'] }],
  });
  const post = (path: string, body: object): Promise<Response> =>
    server.fetch(
      new Request(issuer + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
  const account = { email: 'kim@example.test', password: 'correct horse battery' };
  await post('/v1/sign-up', { ...account, name: 'Kim Sowol' });
  const answer = await post('/v1/sign-in', { ...account, delivery: 'bearer', resource: api });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  await server.close();
  expect(token.length).toBeLessThanOrEqual(500);
  const { header, claims } = decode(token);
  expect(header).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
  expect(Object.keys(claims)).toEqual(['iss', 'aud', 'sub', 'client_id', 'sid', 'jti', 'iat', 'exp', 'scope']);
  expect(JSON.stringify(claims)).not.toMatch(/kim|sowol/i);
});
