import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { generateTimeOrderedId, type JwtClaims } from '@mapae/jwt';
import { createJweEncrypter, encryptionKeyOf, generateDecryptionKey } from '@mapae/jwt/jwe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { badTokens } from '../../jwt/test/bad-tokens.ts';
import { createVerifier, type Verifier } from '../src/index.ts';
import { decryptWith } from '../src/jwe.ts';
import { APPS, type App } from './adapters/apps.ts';
import { call } from './adapters/call.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// Encrypted and opaque tokens behind every adapter: the same principal, the same refusals, the same revocation.

const key = await generateDecryptionKey('ECDH-ES');
const encrypter = createJweEncrypter({ key: encryptionKeyOf(key), cty: 'JWT', budgetBytes: 65_536 });
const cover = (token: string): Promise<string> => encrypter.encrypt(Buffer.from(token, 'latin1'));
const id = (): string => generateTimeOrderedId(Date.now(), randomBytes);

let issuer: ScriptedIssuer;
let verifier: Verifier;
/** What the issuer says of each opaque token. */
const known = new Map<string, object>();
/** One bad token of each class, covered, and what is said of it. */
let covered: readonly (readonly [id: string, token: string, code: string])[];
let isAway = false;

beforeAll(async () => {
  issuer = await startScriptedIssuer();
  issuer.answers.set('/introspect', (request, response, body) => {
    if (isAway) request.socket.destroy();
    else issuer.json(response, known.get(new URLSearchParams(body).get('token') ?? '') ?? { active: false });
  });
  verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    jitter: () => 0,
    decryptionKeys: decryptWith(key),
    introspection: { clientId: 'api', key: 'a secret of thirty-two characters', cacheSeconds: 60 },
  });
  await verifier.ready();
  await until(() => issuer.connections > 0);
  issuer.beat(500);
  const claims = JSON.parse(Buffer.from(issuer.token().split('.')[1] ?? '', 'base64url').toString()) as JwtClaims;
  const context = { key: issuer.key, issuer: issuer.issuer, audience: AUDIENCE, claims };
  const classes = new Map(
    badTokens(context)
      .filter(({ code, token }) => code !== 'accepted' && token !== '' && token.length < 5_000)
      .map((row) => [row.id, row] as const),
  );
  covered = await Promise.all(
    [...classes.values()].map(async ({ id: row, token, code }) => [row, await cover(token), code] as const),
  );
});
afterAll(async () => {
  verifier.close();
  await issuer.close();
});

const bearer = (token: string): string[] => ['authorization', `Bearer ${token}`];

describe.each(Object.entries(APPS))('%s', (name, createApp) => {
  let app: App;
  let port: number;
  beforeAll(async () => {
    app = await createApp(verifier);
    await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve));
    ({ port } = app.server.address() as AddressInfo);
  });
  afterAll(async () => {
    await app.close?.();
    app.server.close();
    app.server.closeAllConnections();
  });

  async function outcome(token: string): Promise<string> {
    const { status, code, text, challenge } = await call({ port, headers: bearer(token), upgrade: name === 'ws' });
    if (status === 200) return text;
    expect(challenge !== undefined).toBe(status === 401);
    return `${status} ${String(code)}`;
  }

  async function endSession(sid: string): Promise<void> {
    const before = verifier.status.revocations;
    issuer.send(issuer.revoke(issuer.row(1, sid)));
    await until(() => verifier.status.revocations > before);
  }

  test('RFC 7519 §11.2: an encrypted token has the principal of a bare one, also when it is remembered, until its session ends', async () => {
    const sid = id();
    const token = await cover(issuer.token({ sid }));
    expect([await outcome(token), await outcome(token)]).toEqual(['kim', 'kim']);
    await endSession(sid);
    expect(await outcome(token)).toBe('401 token/revoked');
  });

  test('each class of bad token has its own code inside of a cover', async () => {
    expect(covered.length).toBeGreaterThan(40);
    for (const [row, token, code] of covered) expect([row, await outcome(token)]).toEqual([row, `401 ${code}`]);
  });

  test('RFC 7662: an opaque token has the principal that the issuer names, also when it is remembered, until its session ends', async () => {
    const sid = id();
    const token = `opaque_${id()}`;
    const exp = Math.floor(Date.now() / 1_000) + 300;
    known.set(token, { active: true, sub: 'kim', client_id: 'app', scope: 'notes:read', aud: AUDIENCE, exp, sid });
    const asked = issuer.count('/introspect');
    expect([await outcome(token), await outcome(token)]).toEqual(['kim', 'kim']);
    expect(issuer.count('/introspect') - asked).toBe(1);
    await endSession(sid);
    expect(await outcome(token)).toBe('401 token/revoked');
    expect(await outcome(`opaque_${id()}`)).toBe('401 token/inactive');
  });

  test('an issuer that can not be asked is 503, and no challenge that would make clients refresh', async () => {
    isAway = true;
    try {
      expect(await outcome(`opaque_${id()}`)).toBe('503 verifier/unavailable');
    } finally {
      isAway = false;
    }
  });
});
