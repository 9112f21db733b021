import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { decode, importPrivateJwk } from '@mapae/jwt';
import { encryptionKeyOf, exportEncryptionJwk, generateDecryptionKey } from '@mapae/jwt/jwe';
import { createVerifier, type Policy, RequestRefused, type Verifier, type VerifierOptions } from '@mapae/verifier';
import { decryptWith } from '@mapae/verifier/jwe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BadTokenContext, badTokens } from '../../jwt/test/bad-tokens.ts';
import { type AuthorizationServer, createServer, sqlite } from '../src/index.ts';
import { deriveSecrets, unseal } from '../src/secrets/secrets.ts';

// An app that embeds the authorization server and gives it to its verifiers: same tokens, same refusals, same sign-outs as over HTTP.

const ISSUER = 'http://localhost:4999';
const PLAIN = 'https://plain.example.test';
const OPAQUE = 'https://opaque.example.test';
const CLINIC = 'https://clinic.example.test';
const SECRET = randomBytes(32).toString('base64url');
const API_SECRET = randomBytes(32).toString('base64url');
const ACCOUNT = { email: 'kim@example.test', password: 'correct horse battery' };

const folder = mkdtempSync(join(tmpdir(), 'mapae-in-process-'));
const file = join(folder, 'mapae.db');
const key = await generateDecryptionKey('ECDH-ES');
const clinic = createHttpServer((_request, response) => {
  response.end(JSON.stringify({ keys: [exportEncryptionJwk(encryptionKeyOf(key))] }));
});
let server: AuthorizationServer;
const verifiers: Verifier[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => clinic.listen(0, '127.0.0.1', resolve));
  const scopes = ['notes:read'];
  server = await createServer({
    issuer: ISSUER,
    database: sqlite(file),
    secrets: [SECRET],
    mode: 'development',
    // in-process needs no key, and nobody else has one
    feedKeys: [{ name: 'nobody', key: randomBytes(32).toString('base64url') }],
    resources: [
      { identifier: PLAIN, scopes, authenticationClaims: true },
      { identifier: OPAQUE, scopes, accessToken: 'opaque', introspection: { clientId: 'o', secrets: [API_SECRET] } },
      {
        identifier: CLINIC,
        scopes,
        encryption: {
          jwksUri: `http://127.0.0.1:${(clinic.address() as AddressInfo).port}/jwks.json`,
          confidentialClaims: ['email'],
        },
      },
    ],
    hooks: { accessTokenClaims: ({ audience }) => (audience === CLINIC ? { email: ACCOUNT.email } : {}) },
  });
  await post('/v1/sign-up', ACCOUNT);
});
afterAll(async () => {
  for (const verifier of verifiers) verifier.close();
  await server.close();
  clinic.close();
  rmSync(folder, { recursive: true, force: true });
});

async function post(path: string, body: object): Promise<Readonly<Record<string, string>>> {
  const request = new Request(ISSUER + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const response = await server.fetch(request);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? {} : ((await response.json()) as Readonly<Record<string, string>>);
}

const signIn = (resource: string) => post('/v1/sign-in', { ...ACCOUNT, delivery: 'bearer', resource });

async function follow(audience: string, more: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = createVerifier({ issuer: ISSUER, audience, inProcess: server, ...more } as VerifierOptions);
  verifiers.push(verifier);
  await verifier.ready();
  return verifier;
}

async function outcome(verifier: Verifier, token: string, policy?: Policy): Promise<string> {
  try {
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } }, policy);
    return 'accepted';
  } catch (error) {
    if (error instanceof RequestRefused) return error.code;
    throw error;
  }
}

/** Waits for at most the second that is promised. */
async function untilOutcome(verifier: Verifier, token: string, expected: string): Promise<void> {
  const deadline = performance.now() + 1_000;
  let last = '';
  while (performance.now() < deadline) {
    last = await outcome(verifier, token);
    if (last === expected) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(last).toBe(expected);
}

describe('the catalogue of bad tokens, in process', () => {
  test("each row, signed with the server's own key where it is signed at all, has its code", async () => {
    const verifier = await follow(PLAIN);
    const { access_token: good = '' } = await signIn(PLAIN);
    const context: BadTokenContext = {
      key: signingKey(good),
      issuer: ISSUER,
      audience: PLAIN,
      claims: { ...decode(good).claims },
    } as BadTokenContext;
    const rows = badTokens(context);
    let judged = 0;
    for (const { id, title, token, code } of rows) {
      // what is no header value does not reach a verifier
      if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || token.includes(',')) continue;
      judged++;
      expect([id, title, await outcome(verifier, token)]).toEqual([id, title, code]);
    }
    expect(judged).toBeGreaterThan(rows.length / 2);
    expect(await outcome(verifier, good)).toBe('accepted');
  });

  function signingKey(token: string) {
    const { kid } = decode(token).header;
    const database = new DatabaseSync(file, { readOnly: true });
    const row = database.prepare('select sealed_private_jwk as jwk from signing_keys where kid = ?').get(String(kid));
    database.close();
    const jwk = unseal(deriveSecrets([SECRET]).current, row?.['jwk'] as Uint8Array, String(kid));
    return importPrivateJwk(JSON.parse(jwk ?? ''));
  }
});

describe('tokens by API, from the server to the guard', () => {
  test('RFC 9470: a sign-in of a moment ago satisfies a step-up, one of before does not, and the challenge says what would', async () => {
    const verifier = await follow(PLAIN);
    const { access_token: token = '' } = await signIn(PLAIN);
    const policy: Policy = { acr: ['aal1', 'aal2'], maxAuthAgeSeconds: 300 };
    expect(await outcome(verifier, token, policy)).toBe('accepted');
    expect(await outcome(verifier, token, { acr: 'aal2' })).toBe('request/authentication');
    const later = await follow(PLAIN, { clock: () => Date.now() + 4_000, staleAfterSeconds: 60 });
    expect(await outcome(later, token, { maxAuthAgeSeconds: 2 })).toBe('request/authentication');
    const { challenge } = await later
      .authenticate({ headers: { authorization: `Bearer ${token}` } }, { maxAuthAgeSeconds: 2 })
      .then(
        () => ({ challenge: undefined }),
        (error: unknown) => ({ challenge: (error as RequestRefused).headers['www-authenticate'] }),
      );
    expect(challenge).toContain('error="insufficient_user_authentication", max_age="2"');
  });

  test.each([
    ['opaque', OPAQUE, { introspection: { clientId: 'o', key: API_SECRET } }, 'token/inactive'],
    [
      'opaque, remembered',
      OPAQUE,
      { introspection: { clientId: 'o', key: API_SECRET, cacheSeconds: 60 } },
      'token/revoked',
    ],
    ['encrypted', CLINIC, { decryptionKeys: decryptWith(key) }, 'token/revoked'],
  ] as const)(
    '%s: the same principal as a signed one has, and a sign-out is felt within a second',
    async (_title, audience, options, code) => {
      const verifier = await follow(audience, options);
      const { access_token: token = '', refresh_token } = await signIn(audience);
      const other = await signIn(audience);
      const principal = await verifier.authenticate(
        { headers: { authorization: `Bearer ${token}` } },
        { scope: 'notes:read' },
      );
      expect(principal).toMatchObject({ issuer: ISSUER, clientId: 'first-party', scopes: ['notes:read'] });
      expect(principal.sessionId).toMatch(/^[\w-]{22}$/);
      if (audience === CLINIC) expect(principal.claims).toMatchObject({ email: ACCOUNT.email });
      await post('/v1/sign-out', { refresh_token });
      await untilOutcome(verifier, token, code);
      expect(await outcome(verifier, other['access_token'] ?? '')).toBe('accepted');
    },
  );

  test('an API with another key, or without one, can not read them', async () => {
    const { access_token: token = '' } = await signIn(CLINIC);
    const another = await follow(CLINIC, { decryptionKeys: decryptWith(await generateDecryptionKey('ECDH-ES')) });
    expect([await outcome(another, token), await outcome(await follow(CLINIC), token)]).toEqual([
      'token/unknown-key',
      'token/encrypted',
    ]);
  });
});
