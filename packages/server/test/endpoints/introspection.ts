import { randomBytes } from 'node:crypto';
import {
  createJwtSigner,
  exportPublicJwk,
  generatePrivateKey,
  generateTimeOrderedId,
  type PrivateKey,
  publicKeyOf,
} from '@mapae/jwt';
import { createDecryptionKeySet, encryptionKeyOf, exportEncryptionJwk, generateDecryptionKey } from '@mapae/jwt/jwe';
import { describe, expect, test } from 'vitest';
import type { Resource, ServerOptions } from '../../src/index.ts';
import { API, type Changed, ISSUER, openServer, type Tokens, type UnderTest, verdict } from './server-under-test.ts';

const anId: unknown = expect.stringMatching(/^[\w-]{22}$/);
const EMAIL = 'kim@example.test';
const OTHER_API = 'https://other.example.test';
const SECRETS = ['a-secret-of-an-api, 32 characters+', 'its older secret: 32 characters %'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const apiKey = generatePrivateKey('ES256');

const opaque: Resource = {
  identifier: API,
  scopes: ['notes:read', 'notes:write'],
  accessToken: 'opaque',
  introspection: { clientId: 'notes api', secrets: SECRETS },
};
const signed: Resource = {
  identifier: OTHER_API,
  scopes: ['other:read'],
  introspection: { keys: { keys: [exportPublicJwk(publicKeyOf(apiKey))] } },
};

const encode = (text: string): string => new URLSearchParams({ t: text }).toString().slice(2);
const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
const AS_NOTES = basic('notes api', SECRETS[0] ?? '');

async function ask(
  under: UnderTest,
  form: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = { authorization: AS_NOTES },
): Promise<Response> {
  return under.call('/oauth2/introspect', {
    raw: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

const about = async (under: UnderTest, token: string, headers?: Readonly<Record<string, string>>) =>
  (await (await ask(under, { token }, headers)).json()) as Readonly<Record<string, unknown>>;

function assertion(under: UnderTest, change: object = {}, key: PrivateKey = apiKey): Record<string, string> {
  const iat = Math.floor(under.clock.now / 1_000);
  const claims = {
    iss: OTHER_API,
    sub: OTHER_API,
    aud: ISSUER,
    jti: generateTimeOrderedId(under.clock.now, randomBytes),
    iat,
    exp: iat + 60,
    ...change,
  };
  return {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: createJwtSigner({ key, typ: 'client-authentication+jwt' }).sign(claims),
  };
}

const codeOf = async (response: Response) => {
  const { code, error } = (await response.clone().json()) as { code?: string; error?: string };
  return [response.status, code, error];
};

export function introspectionTests(database: string, options: Changed): void {
  describe(`introspection, ${database}`, () => {
    const openBoth = async (more: Partial<ServerOptions> = {}): Promise<UnderTest> => {
      const under = await openServer({ ...options, resources: [opaque, signed], ...more });
      await under.signUp(EMAIL);
      return under;
    };

    test('RFC 7662 §2.2: an opaque token says nothing, and its record says what a signed one would', async () => {
      await using under = await openBoth({ hooks: { accessTokenClaims: () => ({ plan: 'paid', email: EMAIL }) } });
      const tokens = await under.signIn(EMAIL, { resource: API, scope: 'notes:read' });
      expect(tokens.access_token).toMatch(/^mo1_[\w-]{43}$/);
      const response = await ask(under, { token: tokens.access_token });
      expect(response.headers.get('cache-control')).toBe('no-store');
      const iat = Math.floor(under.clock.now / 1_000);
      expect(await response.json()).toEqual({
        active: true,
        token_type: 'Bearer',
        iss: ISSUER,
        aud: API,
        sub: anId,
        client_id: 'first-party',
        sid: anId,
        jti: anId,
        iat,
        exp: iat + 300,
        scope: 'notes:read',
        plan: 'paid',
        email: EMAIL,
      });
    });

    test('what ends a token ends it here at once, unpublished rows included: opaque and signed alike', async () => {
      await using under = await openBoth();
      const me = await under.signIn(EMAIL);
      const both = async (): Promise<readonly [Tokens, Tokens]> => [
        await under.signIn(EMAIL, { resource: API }),
        await under.signIn(EMAIL, { resource: OTHER_API }),
      ];
      const active = async ([first, second]: readonly [Tokens, Tokens]) => [
        (await about(under, first.access_token))['active'],
        (
          (await (await ask(under, { token: second.access_token, ...assertion(under) }, {})).json()) as {
            active: boolean;
          }
        ).active,
      ];
      const signedOut = await both();
      expect(await active(signedOut)).toEqual([true, true]);
      for (const { refresh_token } of signedOut) await under.call('/v1/sign-out', { json: { refresh_token } });
      expect(await active(signedOut)).toEqual([false, false]);
      const everywhere = await both();
      await under.call('/v1/sign-out-everywhere', { bearer: me.access_token, method: 'POST' });
      expect(await active(everywhere)).toEqual([false, false]);
      const old = await both();
      under.clock.pass(301);
      // the last ten seconds are the signed one's tolerance
      expect(await active(old)).toEqual([false, true]);
      under.clock.pass(10);
      expect(await active(old)).toEqual([false, false]);
      const deleted = await both();
      const { access_token: bearer } = await under.signIn(EMAIL);
      const gone = await under.call('/v1/me', {
        method: 'DELETE',
        bearer,
        json: { password: 'correct horse battery' },
      });
      expect(gone.status).toBe(204);
      expect(await active(deleted)).toEqual([false, false]);
    });

    test('§4: an API is told of its own tokens, and of nothing that is no access token', async () => {
      await using under = await openBoth();
      const own = await under.signIn(EMAIL, { resource: API });
      const others = await under.signIn(EMAIL, { resource: OTHER_API });
      const account = await under.signIn(EMAIL);
      const inactive = { active: false };
      for (const token of [others.access_token, account.access_token, own.refresh_token, 'mo1_', 'x', 'a.b.c'])
        expect(await about(under, token)).toEqual(inactive);
      expect(await about(under, `mo1_${'A'.repeat(43)}`)).toEqual(inactive);
      const asked = await ask(under, { token: own.access_token, ...assertion(under) }, {});
      expect(await asked.json()).toEqual(inactive);
    });

    test('§2.1, RFC 6749 §2.3: whoever asks has to be an API', async () => {
      await using under = await openBoth();
      const { access_token: token } = await under.signIn(EMAIL, { resource: API });
      const older = { authorization: basic('notes api', SECRETS[1] ?? '') };
      expect(await about(under, token, older)).toMatchObject({ active: true });
      const refused = [401, 'introspection/credential', 'invalid_client'];
      for (const authorization of [
        undefined,
        basic('notes api', 'wrong'),
        basic('notes api', ''),
        basic('another', SECRETS[0] ?? ''),
        basic(OTHER_API, ''),
        'Basic',
        'Basic bm90aGluZw==',
        `Bearer ${token}`,
      ]) {
        const response = await ask(under, { token }, authorization === undefined ? {} : { authorization });
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
        expect(await codeOf(response)).toEqual(refused);
      }
    });

    test('RFC 7523 §3: an assertion is of its API, for this server, of now, and good once', async () => {
      await using under = await openBoth();
      const { access_token: token } = await under.signIn(EMAIL, { resource: OTHER_API });
      const good = assertion(under);
      expect(await (await ask(under, { token, ...good }, {})).json()).toMatchObject({ active: true });
      const iat = Math.floor(under.clock.now / 1_000);
      const named = { ...assertion(under), client_id: OTHER_API };
      expect((await ask(under, { token, ...named }, {})).status).toBe(200);
      const bad = {
        'used before': good,
        'by another key': assertion(under, {}, generatePrivateKey('ES256')),
        'of another': assertion(under, { sub: API }),
        'in the name of another': { ...assertion(under), client_id: 'notes api' },
        'for another server': assertion(under, { aud: 'https://elsewhere.example' }),
        over: assertion(under, { iat: iat - 120, exp: iat - 60 }),
        'for too long': assertion(under, { exp: iat + 3_600 }),
        'without an id': assertion(under, { jti: undefined }),
        'of another type': { ...assertion(under), client_assertion_type: 'x' },
      };
      for (const [what, form] of Object.entries(bad)) {
        const [status, code] = await codeOf(await ask(under, { token, ...form }, {}));
        expect([what, status, code]).toEqual([what, 401, 'introspection/credential']);
      }
    });

    test('RFC 6749 §3.2: a form, each parameter once, one credential', async () => {
      await using under = await openBoth();
      const malformed = [400, 'invalid_request', 'invalid_request'];
      expect(await codeOf(await ask(under, 'token=a&token=b'))).toEqual(malformed);
      expect(await codeOf(await ask(under, ''))).toEqual(malformed);
      expect(await codeOf(await ask(under, 'token='))).toEqual(malformed);
      expect(await codeOf(await ask(under, { token: 'a', ...assertion(under) }))).toEqual(malformed);
      const json = await under.call('/oauth2/introspect', {
        json: { token: 'a' },
        headers: { authorization: AS_NOTES },
      });
      expect(await codeOf(json)).toEqual(malformed);
      const large = await ask(under, { token: 'a'.repeat(70_000) });
      expect(await verdict(large)).toEqual([413, 'request/too-large']);
    });

    test('a database that is away: 503, and never a word on the token', async () => {
      await using under = await openBoth();
      const { access_token: token } = await under.signIn(EMAIL, { resource: API });
      if (database !== 'SQLite') return;
      under.fault.failAt(1, 'before');
      expect(await verdict(await ask(under, { token }))).toEqual([503, 'server/unavailable']);
    });

    test('RFC 8414 §2: the endpoint is in the metadata where an API may use it', async () => {
      await using under = await openBoth();
      const json = (await (await under.call('/.well-known/oauth-authorization-server')).json()) as object;
      expect(json).toMatchObject({
        introspection_endpoint: `${ISSUER}/oauth2/introspect`,
        introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
      });
      await using without = await openServer(options);
      const plain = (await (await without.call('/.well-known/oauth-authorization-server')).json()) as object;
      expect(Object.keys(plain).filter((name) => name.startsWith('introspection'))).toEqual([]);
    });
  });
}

/** What is the same on every database. */
export function tokenFormatTests(): void {
  describe('tokens by API', () => {
    test('RFC 9068 §2.2.1: auth_time, acr and amr where the API asks for them, and nowhere else', async () => {
      const stepsUp: Resource = { identifier: API, scopes: ['notes:read'], authenticationClaims: true };
      await using under = await openServer({ resources: [stepsUp, signed] });
      await under.signUp(EMAIL);
      const signedInAt = Math.floor(under.clock.now / 1_000);
      const tokens = await under.signIn(EMAIL, { resource: API });
      under.clock.pass(120);
      const refresh = async (resource: string) => {
        const answer = await under.call('/v1/refresh', { json: { refresh_token: tokens.refresh_token, resource } });
        return claimsOf(((await answer.json()) as Tokens).access_token);
      };
      expect(claimsOf(tokens.access_token)).toMatchObject({ auth_time: signedInAt, acr: 'aal1', amr: ['pwd'] });
      // a refresh is no sign-in
      expect(await refresh(API)).toMatchObject({ iat: signedInAt + 120, auth_time: signedInAt, acr: 'aal1' });
      expect(Object.keys(await refresh(OTHER_API)).filter((name) => /^(auth_time|acr|amr)$/.test(name))).toEqual([]);
    });

    test('RFC 7519 §11.2: an encrypted token is signed inside, and nobody but the API can read it', async () => {
      const key = await generateDecryptionKey('ECDH-ES');
      const keys = { keys: [exportPublicJwk(publicKeyOf(apiKey)), exportEncryptionJwk(encryptionKeyOf(key))] };
      const encrypted: Resource = {
        identifier: API,
        scopes: ['notes:read'],
        encryption: { keys, confidentialClaims: ['email'] },
      };
      let claims: Record<string, unknown> = { email: EMAIL };
      await using under = await openServer({
        resources: [encrypted, signed],
        hooks: { accessTokenClaims: () => claims },
      });
      await under.signUp(EMAIL);
      const { access_token: token } = await under.signIn(EMAIL, { resource: API });
      expect(token.split('.')).toHaveLength(5);
      const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as object;
      expect(header).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid: key.kid });
      const { createJweDecrypter } = await import('@mapae/jwt/jwe');
      const { plaintext } = await createJweDecrypter({ keys: createDecryptionKeySet([key]) }).decrypt(token);
      expect(claimsOf(Buffer.from(plaintext).toString())).toMatchObject({ aud: API, email: EMAIL });

      // the same claim in a token that anyone can read, and one that nobody allowed: no token
      const signIn = async (resource: string) =>
        verdict(
          await under.call('/v1/sign-in', {
            json: { email: EMAIL, password: 'correct horse battery', delivery: 'bearer', resource },
          }),
        );
      expect(await signIn(OTHER_API)).toEqual([503, 'server/hook']);
      claims = { phone: '+82' };
      expect(await signIn(API)).toEqual([503, 'server/hook']);
      expect(under.log.filter(({ event }) => event === 'hook.failed').map(({ reason }) => reason)).toEqual([
        'sign/readable-claim',
        'sign/readable-claim',
      ]);
    });

    test.each([
      ['opaque without introspection', { accessToken: 'opaque' }],
      ['opaque and encrypted', { ...opaque, encryption: { keys: { keys: [] } } }],
      ['introspection without a credential', { introspection: {} }],
      ['a short secret', { introspection: { secrets: ['short'] } }],
      ['no key for assertions', { introspection: { keys: { keys: [] } } }],
      ['no key for encryption', { encryption: { keys: { keys: [] } } }],
      ['a key for signatures', { encryption: { keys: { keys: [exportPublicJwk(publicKeyOf(apiKey))] } } }],
      ['keys twice', { encryption: { keys: { keys: [] }, jwksUri: 'https://api.example.test/jwks' } }],
      ['a key set over plain http', { encryption: { jwksUri: 'http://api.example.test/jwks' } }],
      ['an unknown member', { acessToken: 'opaque' }],
    ] as const)('an API with %s stops the start', async (_title, change) => {
      const resource = { identifier: API, scopes: ['notes:read'], ...change } as unknown as Resource;
      await expect(openServer({ resources: [resource] })).rejects.toThrow(/^(resources|unknown option)/);
    });
  });
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
