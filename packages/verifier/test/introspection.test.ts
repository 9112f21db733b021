import { createJwtVerifier, generatePrivateKey, generateTimeOrderedId, publicKeyOf } from '@mapae/jwt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createVerifier,
  type IntrospectionCredentials,
  type Policy,
  RequestRefused,
  type Verifier,
} from '../src/index.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// RFC 7662 against a small introspection endpoint on a real port.

const CLIENT = { clientId: 'notes api', key: 'a secret: with/characters%' };
const seconds = Math.floor(Date.now() / 1_000);
let issuer: ScriptedIssuer;
let verifier: Verifier;
/** What the issuer says of each token. */
let known: Map<string, object>;
let passedMs: number;

beforeEach(async () => {
  issuer = await startScriptedIssuer();
  known = new Map();
  passedMs = 0;
  issuer.answers.set('/introspect', (request, response, body) => {
    const expected = `Basic ${Buffer.from('notes+api:a+secret%3A+with%2Fcharacters%25').toString('base64')}`;
    const form = new URLSearchParams(body);
    if (request.headers.authorization !== expected && !form.has('client_assertion')) {
      response.writeHead(401).end();
      return;
    }
    issuer.json(response, known.get(form.get('token') ?? '') ?? { active: false });
  });
});
afterEach(async () => {
  verifier.close();
  await issuer.close();
});

async function create(introspection: IntrospectionCredentials = CLIENT, more: object = {}): Promise<void> {
  verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    introspection,
    monotonic: () => performance.now() + passedMs,
    jitter: () => 0,
    ...more,
  });
  await verifier.ready();
  await until(() => issuer.connections > 0);
}

async function outcome(token: string, policy?: Policy): Promise<string> {
  try {
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } }, policy);
    return 'let in';
  } catch (error) {
    if (error instanceof RequestRefused) return `${error.status} ${error.code}`;
    throw error;
  }
}

const OPAQUE = 'opaque_0123456789abcdefghij';
const GOOD = { active: true, sub: 'kim', client_id: 'app', scope: 'notes:read', aud: AUDIENCE, exp: seconds + 300 };

describe('opaque tokens: classic sessions behind the same guard', () => {
  test('what the issuer says becomes the principal', async () => {
    await create();
    known.set(OPAQUE, GOOD);
    const principal = await verifier.authenticate(
      { headers: { authorization: `Bearer ${OPAQUE}` } },
      { scope: 'notes:read' },
    );
    expect(principal).toMatchObject({ subject: 'kim', clientId: 'app', scopes: ['notes:read'], issuer: issuer.issuer });
    const sent = new URLSearchParams(issuer.requests.findLast(({ path }) => path === '/introspect')?.body);
    expect(sent.get('token_type_hint')).toBe('access_token');
  });

  test.each([
    ['§2.2: not active', { active: false }, '401 token/inactive'],
    ['active as text', { ...GOOD, active: 'true' }, '503 verifier/unavailable'],
    ['an answer that is no object', [], '503 verifier/unavailable'],
    ['over', { ...GOOD, exp: seconds - 60 }, '401 token/expired'],
    ['without an end', { ...GOOD, exp: undefined }, '401 token/claim'],
    ['for another audience', { ...GOOD, aud: 'https://other.example' }, '401 token/audience'],
    ['for nobody in particular', { ...GOOD, aud: undefined }, '401 token/audience'],
    ['of another issuer', { ...GOOD, iss: 'https://other.example' }, '401 token/issuer'],
    ['without a subject', { ...GOOD, sub: undefined }, '401 token/claim'],
    ['bound to a key', { ...GOOD, cnf: { jkt: 'x' } }, '401 token/bound'],
  ])('%s', async (_title, answer, expected) => {
    await create();
    known.set(OPAQUE, answer);
    expect(await outcome(OPAQUE)).toBe(expected);
  });

  test('nothing is remembered: what ends is refused at the next request', async () => {
    await create();
    known.set(OPAQUE, GOOD);
    expect(await outcome(OPAQUE)).toBe('let in');
    known.delete(OPAQUE);
    expect(await outcome(OPAQUE)).toBe('401 token/inactive');
  });

  test('RFC 7662 §4: with cacheSeconds an answer counts for so long and no longer; revocations end it before that', async () => {
    await create({ ...CLIENT, cacheSeconds: 10 } as IntrospectionCredentials);
    const sid = generateTimeOrderedId(Date.now(), (bytes) => new Uint8Array(bytes));
    const second = `${OPAQUE}_2`;
    known.set(OPAQUE, GOOD);
    known.set(second, { ...GOOD, sid });
    expect([await outcome(OPAQUE), await outcome(second), await outcome(OPAQUE)]).toEqual([
      'let in',
      'let in',
      'let in',
    ]);
    expect(issuer.count('/introspect')).toBe(2);
    issuer.send(issuer.revoke(issuer.row(1, sid)));
    await until(() => verifier.status.revocations === 1);
    expect(await outcome(second)).toBe('401 token/revoked');
    known.delete(OPAQUE);
    passedMs = 9_000;
    expect(await outcome(OPAQUE)).toBe('let in');
    passedMs = 10_001;
    expect(await outcome(OPAQUE)).toBe('401 token/inactive');
    // an answer that is no good is not remembered either
    known.set(OPAQUE, GOOD);
    expect(await outcome(OPAQUE)).toBe('let in');
  });

  test.each([-1, 61, 1.5])('cacheSeconds %s is refused', async (cacheSeconds) => {
    await create();
    await expect(create({ ...CLIENT, cacheSeconds } as IntrospectionCredentials)).rejects.toThrow(/cacheSeconds/);
  });

  test('a session in the answer is under the feed', async () => {
    await create();
    const sid = generateTimeOrderedId(Date.now(), (bytes) => new Uint8Array(bytes));
    known.set(OPAQUE, { ...GOOD, sid });
    issuer.send(issuer.revoke(issuer.row(1, sid)));
    await until(() => verifier.status.revocations === 1);
    expect(await outcome(OPAQUE)).toBe('401 token/revoked');
  });

  test('one call for the same token at the same time; refresh tokens and guesses are not shown to anyone', async () => {
    await create();
    known.set(OPAQUE, GOOD);
    await Promise.all(Array.from({ length: 20 }, () => outcome(OPAQUE)));
    expect(issuer.count('/introspect')).toBe(1);
    for (const token of ['mr1.aaaaaa.bbbbbbbbbbbbbbbbbbbbbb.0.cccc', 'short', 'a.b', `${'x'.repeat(3_000)}`])
      expect(await outcome(token)).toMatch(/^401 token\//);
    expect(issuer.count('/introspect')).toBe(1);
  });

  test('verifySync can not wait for the issuer', async () => {
    await create();
    expect(() => verifier.verifySync(OPAQUE)).toThrow('can not wait');
  });

  test('RFC 7662 §2.3: a wrong secret and an issuer that is away are 503, told apart by code and in the log', async () => {
    const log: string[] = [];
    await create({ clientId: 'notes api', key: 'wrong' }, { log: (event: string) => log.push(event) });
    known.set(OPAQUE, GOOD);
    expect(await outcome(OPAQUE)).toBe('503 verifier/client-refused');
    expect(log).toContain('introspection.refused');
    issuer.answers.set('/introspect', (request) => void request.socket.destroy());
    expect(await outcome(OPAQUE)).toBe('503 verifier/unavailable');
    expect(log.at(-1)).toBe('introspection.unavailable');
  });

  test('RFC 7523 §3: a private key signs an assertion for the issuer alone', async () => {
    const key = generatePrivateKey('ES256');
    await create({ clientId: 'notes', key });
    known.set(OPAQUE, GOOD);
    expect(await outcome(OPAQUE)).toBe('let in');
    const sent = new URLSearchParams(issuer.requests.findLast(({ path }) => path === '/introspect')?.body);
    const assertion = createJwtVerifier({
      keys: publicKeyOf(key),
      issuer: 'notes',
      audience: issuer.issuer,
      typ: 'client-authentication+jwt',
    });
    expect(assertion.verify(sent.get('client_assertion') ?? '')).toMatchObject({ sub: 'notes', aud: issuer.issuer });
    expect(sent.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  });
});

describe('whenStale: introspect', () => {
  const policy: Policy = { whenStale: 'introspect' };

  test('fresh: nobody is asked; stale: the issuer is, about each token', async () => {
    await create();
    const [live, over] = [issuer.token(), issuer.token()];
    expect([await outcome(live, policy), await outcome(over, policy)]).toEqual(['let in', 'let in']);
    expect(issuer.count('/introspect')).toBe(0);
    issuer.answers.set('/events/revocations', (_request, response) => void response.writeHead(500).end());
    issuer.answers.set('/events/revocations/poll', (_request, response) => void response.writeHead(500).end());
    issuer.cut();
    // what was on its way is in: the next try was refused
    await until(() => issuer.count('/events/revocations') > 1);
    passedMs = 6_000;
    known.set(live, { active: true, sub: 'kim' });
    expect([await outcome(live, policy), await outcome(over, policy)]).toEqual(['let in', '401 token/inactive']);
    expect(() => verifier.verifySync(live, policy)).toThrow('can not wait');
    known.set(live, { active: true, sub: 'lee' });
    expect(await outcome(live, policy)).toBe('401 token/subject');
    issuer.answers.set('/introspect', (request) => void request.socket.destroy());
    expect(await outcome(live, policy)).toBe('503 verifier/unavailable');
    // without the issuer's word other routes still have their grace
    expect(await outcome(live)).toBe('let in');
  });

  test('without the option it opens nothing', async () => {
    verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, jitter: () => 0 });
    await verifier.ready();
    await expect(outcome(issuer.token(), policy)).rejects.toThrow(TypeError);
  });
});
