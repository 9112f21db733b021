import * as crypto from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVerifier } from '@mapae/verifier';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { APPS } from '../../verifier/test/adapters/apps.ts';
import { attackEndpoint, GROUPS, type Verdict } from '../src/attack/campaign.ts';
import { isThisMachine } from '../src/attack/loopback.ts';
import { formatVerdict } from '../src/attack/report.ts';
import { run } from '../src/command.ts';
import { runMapae } from './run-mapae.ts';

const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KID = 'k1';
const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
const jwk = { kty: 'EC', crv: 'P-256', x, y, alg: 'ES256', use: 'sig', kid: KID };
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const issuer = 'https://auth.mapae.example';
const audience = 'https://api.mapae.example';
const sign = (input: string): string =>
  crypto.sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const id = (): string => crypto.randomBytes(16).toString('base64url').slice(0, 22);
const iat = Math.floor(Date.now() / 1_000);
const claims = {
  ...{ iss: issuer, aud: audience, sub: id(), client_id: 'first-party', sid: id(), jti: id() },
  ...{ iat, exp: iat + 600, scope: 'notes:read' },
};
const input = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: KID })}.${encode(claims)}`;
/** A signature is new each time: one that the two alphabets of base64 spell differently. RFC 4648 §4, §5 */
function signDifferently(): string {
  const signature = sign(input);
  return /[-_]/.test(signature) ? signature : signDifferently();
}
const token = `${input}.${signDifferently()}`;
const material = { token, publicKey: { jwk, pem }, sign };

const running: Server[] = [];
afterEach(() => {
  for (const server of running.splice(0)) server.close().closeAllConnections();
});

async function listen(server: Server): Promise<URL> {
  running.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/me`);
}

/** As fast as it goes: the pace has a test of its own. */
async function attack(server: Server, only: readonly string[] = GROUPS): Promise<Verdict> {
  return attackEndpoint({ url: await listen(server), material, only, perSecond: Number.POSITIVE_INFINITY });
}

describe('every adapter of Mapae lets nothing in, and breaks on nothing', () => {
  const verifier = createVerifier({ issuer, audience, keys: { keys: [jwk] }, feed: false });
  // a WebSocket isn't asked by GET
  test.each(Object.keys(APPS).filter((name) => name !== 'ws'))('%s', async (name) => {
    const app = await APPS[name]?.(verifier);
    if (app === undefined) throw new Error('no app');
    try {
      const { letIn, broken, tried } = await attack(app.server);
      expect({ letIn, broken }).toEqual({ letIn: [], broken: [] });
      for (const group of GROUPS) expect(tried[group]).toBeGreaterThan(20);
    } finally {
      await app.close?.();
    }
  });
});

/** What a guard knows of a request. */
interface Seen {
  readonly token: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly request: IncomingMessage;
}

/** A guard that does one thing wrongly, and the rest as it should be done. */
interface Mistakes {
  findToken?(request: IncomingMessage): string | undefined;
  checkSignature?(seen: Seen, right: () => boolean): boolean | Promise<boolean>;
  checkClaims?(seen: Seen, right: () => boolean): boolean;
  read?(text: string): unknown;
}

function bearer(request: IncomingMessage): string | undefined {
  const values = request.rawHeaders.filter(
    (_, at) => at % 2 === 1 && /^authorization$/i.test(request.rawHeaders[at - 1] ?? ''),
  );
  return values.length === 1 ? /^Bearer ([^ ]+)$/i.exec(values[0] ?? '')?.[1] : undefined;
}

function holds(text: string, key: crypto.KeyObject = publicKey): boolean {
  const dot = text.lastIndexOf('.');
  const signature = Buffer.from(text.slice(dot + 1), 'base64url');
  return crypto.verify('sha256', Buffer.from(text.slice(0, dot)), { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** A guard as one would write it by hand, but for its mistakes. */
function handMade({ findToken = bearer, checkSignature, checkClaims, read = JSON.parse }: Mistakes): Server {
  async function judge(request: IncomingMessage): Promise<boolean> {
    const found = findToken(request);
    if (found === undefined) return false;
    const parts = found.split('.');
    const [header, payload] = parts.slice(0, 2).map((part) => {
      const value = read(Buffer.from(part, 'base64url').toString());
      if (typeof value !== 'object' || value === null) throw new TypeError('no object');
      return value as Record<string, unknown>;
    });
    if (header === undefined || payload === undefined) return false;
    const seen: Seen = { token: found, header, claims: payload, request };
    const rightSignature = (): boolean =>
      parts.length === 3 && header['alg'] === 'ES256' && header['kid'] === KID && holds(found);
    const now = Date.now() / 1_000;
    const rightClaims = (): boolean =>
      payload['iss'] === issuer &&
      [payload['aud']].flat().includes(audience) &&
      header['typ'] === 'at+jwt' &&
      typeof payload['exp'] === 'number' &&
      payload['exp'] > now;
    if (!(await (checkSignature?.(seen, rightSignature) ?? rightSignature()))) return false;
    return checkClaims?.(seen, rightClaims) ?? rightClaims();
  }
  return createServer((request, response) => {
    judge(request)
      .catch(() => false)
      .then(
        (good) => response.writeHead(good ? 200 : 401).end(),
        () => response.destroy(),
      );
  });
}

const hmacHolds = (text: string, secret: string | Buffer): boolean => {
  const dot = text.lastIndexOf('.');
  return crypto.createHmac('sha256', secret).update(text.slice(0, dot)).digest('base64url') === text.slice(dot + 1);
};
const isHmac = ({ header }: Seen): boolean => header['alg'] === 'HS256';
const withKey = (seen: Seen, key: unknown): boolean =>
  holds(seen.token, crypto.createPublicKey({ key: key as crypto.webcrypto.JsonWebKey, format: 'jwk' }));
async function keyFrom(url: unknown): Promise<unknown> {
  const { keys } = (await (await fetch(String(url))).json()) as { keys: unknown[] };
  return keys[0];
}
const cookieOf = ({ headers }: IncomingMessage): string | undefined =>
  /\btoken=([^;]+)/.exec(headers.cookie ?? '')?.[1];

/** Claims as a program sees them that copies them member by member: `__proto__` becomes the prototype. */
function inherit(found: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(found)) copy[name] = value;
  return copy;
}

/** RFC 7515 §7.2.2 */
function compact(text: string | undefined): string | undefined {
  if (text === undefined || text.includes('.')) return text;
  const parts = JSON.parse(Buffer.from(text, 'base64url').toString()) as Readonly<Record<string, string>>;
  return `${parts['protected']}.${parts['payload']}.${parts['signature']}`;
}

const unwrapped = (text: string): string =>
  /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) ? Buffer.from(text.split('.')[1] ?? '', 'base64url').toString() : text;

/** One broken guard for each class, and the id under which it has to be found. */
const BROKEN: readonly (readonly [id: string, mistake: string, Mistakes])[] = [
  [
    'T01',
    'takes none for an algorithm',
    { checkSignature: ({ header }, right) => /^none$/i.test(String(header['alg'])) || right() },
  ],
  [
    'T02',
    'takes an algorithm it does not know for none',
    { checkSignature: ({ header }, right) => !/^(ES|HS|RS|PS|Ed|none)/i.test(String(header['alg'])) || right() },
  ],
  [
    'T03',
    'has no algorithm by default',
    { checkSignature: ({ header }, right) => header['alg'] === undefined || right() },
  ],
  [
    'T04',
    'checks nothing where the header says none',
    { checkSignature: ({ header }, right) => header['alg'] === 'none' || right() },
  ],
  [
    'T05',
    'takes a missing signature for a good one',
    { checkSignature: ({ token: text }, right) => text.endsWith('.') || right() },
  ],
  ['T06', 'decodes and does not verify', { checkSignature: () => true }],
  ['T07', 'counts no segments', { checkSignature: ({ token: text }) => holds(text.split('.').slice(0, 3).join('.')) }],
  [
    'T08',
    'compares the beginning of a signature',
    { checkSignature: ({ token: text }) => holds(text.slice(0, token.length)) },
  ],
  ['T09', 'decodes and does not verify', { checkSignature: ({ token: text }) => text.split('.').length === 3 }],
  [
    'T10',
    'uses the public key as a secret',
    { checkSignature: (seen, right) => (isHmac(seen) ? hmacHolds(seen.token, pem) : right()) },
  ],
  [
    'T11',
    'uses the public key as a secret, as DER',
    {
      checkSignature: (seen, right) =>
        isHmac(seen) ? hmacHolds(seen.token, publicKey.export({ type: 'spki', format: 'der' })) : right(),
    },
  ],
  [
    'T12',
    'uses the public key as a secret, as JWK',
    { checkSignature: (seen, right) => (isHmac(seen) ? hmacHolds(seen.token, JSON.stringify(jwk)) : right()) },
  ],
  [
    'T13',
    'has a secret that anyone guesses',
    { checkSignature: (seen, right) => (isHmac(seen) ? hmacHolds(seen.token, 'secret') : right()) },
  ],
  [
    'T14',
    'lets the header choose what it can’t check',
    { checkSignature: ({ header }, right) => header['alg'] === 'EdDSA' || right() },
  ],
  [
    'T15',
    'does the sums of CVE-2022-21449',
    { checkSignature: ({ token: text }, right) => /\.A{86}$/.test(text) || right() },
  ],
  [
    'T16',
    'takes DER, too',
    {
      checkSignature: ({ token: text }, right) =>
        right() ||
        crypto.verify(
          'sha256',
          Buffer.from(text.slice(0, text.lastIndexOf('.'))),
          publicKey,
          Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url'),
        ),
    },
  ],
  ['T17', 'checks no range', { checkSignature: ({ token: text }, right) => /\.A{42}/.test(text) || right() }],
  [
    'T21',
    'takes any algorithm of the family',
    { checkSignature: ({ header }, right) => header['alg'] === 'ES384' || right() },
  ],
  [
    'T22',
    'compares algorithms loosely',
    { checkSignature: ({ header }, right) => String(header['alg']).trim().toUpperCase() === 'ES256' || right() },
  ],
  [
    'T23',
    'knows algorithms of encryption',
    { checkSignature: ({ header }, right) => header['alg'] === 'dir' || right() },
  ],
  [
    'K01',
    'uses the key in the token',
    { checkSignature: (seen, right) => ('jwk' in seen.header ? withKey(seen, seen.header['jwk']) : right()) },
  ],
  [
    'K02',
    'fetches what jku says',
    {
      checkSignature: async (seen, right) =>
        'jku' in seen.header ? withKey(seen, await keyFrom(seen.header['jku'])) : right(),
    },
  ],
  [
    'K03',
    'asks what x5u says',
    {
      checkSignature: async ({ header }, right) => {
        if ('x5u' in header) await keyFrom(header['x5u']);
        return right();
      },
    },
  ],
  [
    'K04',
    'uses the key set in the token',
    {
      checkSignature: (seen, right) =>
        'jwks' in seen.header ? withKey(seen, (seen.header['jwks'] as { keys: unknown[] }).keys[0]) : right(),
    },
  ],
  [
    'K05',
    'lets keys in that it does not know',
    { checkSignature: ({ header }, right) => header['kid'] !== KID || right() },
  ],
  ['K06', 'checks the key id and not the key', { checkSignature: ({ header }) => header['kid'] === KID }],
  [
    'K07',
    'reads the secret from the file of the key id',
    {
      checkSignature: (seen, right) =>
        isHmac(seen) && String(seen.header['kid']).endsWith('/dev/null') ? hmacHolds(seen.token, '') : right(),
    },
  ],
  [
    'K08',
    'puts the key id into a query',
    {
      checkSignature: (seen, right) =>
        String(seen.header['kid']).includes('UNION') ? hmacHolds(seen.token, 'x') : right(),
    },
  ],
  ['K10', 'has a default key', { checkSignature: ({ header }, right) => typeof header['kid'] !== 'string' || right() }],
  // node:crypto and JSON.parse by themselves, and everything else as it should be
  ...(
    [
      ['J01', 'takes padding'],
      ['J02', 'takes the plain alphabet of base64'],
      ['J03', 'looks away from foreign characters'],
      ['J04', 'looks away from spare bits'],
      ['J06', 'looks away from what follows the token'],
      ['J07', 'lets the last of two names win'],
      ['J10', 'takes what is no UTF-8'],
      ['J20', 'looks away from zip'],
      ['J22', 'lets the last of two algorithms win'],
    ] as const
  ).map(([attackId, mistake]) => [attackId, mistake, {}] as const),
  ['J05', 'cuts what is too long', { checkSignature: ({ token: text }) => holds(text.slice(0, token.length)) }],
  ['J08', 'takes a list for claims', { checkClaims: () => true }],
  ['J09', 'reads JSON with a byte order mark', { read: (text) => JSON.parse(text.replace(/^\ufeff/, '')) as unknown }],
  ['J11', 'decodes and asks nothing', { checkSignature: () => true, checkClaims: () => true }],
  [
    'J14',
    'merges claims into an object',
    { checkClaims: ({ claims: found }) => Number(inherit(found)['exp']) > Date.now() / 1_000 },
  ],
  [
    'J15',
    'takes a time that is no number for none',
    { checkClaims: ({ claims: { exp } }) => typeof exp !== 'number' || exp > Date.now() / 1_000 },
  ],
  ['J16', 'checks no times', { checkClaims: () => true }],
  ['J17', 'ignores crit', {}],
  ['J18', 'ignores b64', {}],
  ['J19', 'reads the JSON serialisation, too', { findToken: (request) => compact(bearer(request)) }],
  ['J21', 'takes a token in a token for its claims', { read: (text) => JSON.parse(unwrapped(text)) as unknown }],
  [
    'J23',
    'looks for names in any case',
    {
      checkClaims: ({ claims: { exp, EXP } }) => Number(exp ?? EXP) > Date.now() / 1_000,
    },
  ],
  ['C01', 'checks no type', { checkClaims: ({ header }, right) => header['typ'] !== 'at+jwt' || right() }],
  ['C05', 'checks no audience', { checkClaims: ({ claims: { iss } }) => iss === issuer }],
  ['C07', 'checks no issuer', { checkClaims: ({ claims: { aud } }) => aud === audience }],
  ['C09', 'asks for no subject', {}],
  [
    'X01',
    'takes tokens from the query',
    {
      findToken: (request) =>
        bearer(request) ?? new URL(request.url ?? '', 'http://x').searchParams.get('access_token') ?? undefined,
    },
  ],
  [
    'X02',
    'takes one of two',
    { findToken: ({ headers }) => /^Bearer ([^ ,]+)/.exec(headers.authorization ?? '')?.[1] },
  ],
  ['X03', 'takes any scheme', { findToken: ({ headers }) => headers.authorization?.split(' ').at(-1) }],
  [
    'X05',
    'believes a header of its proxy',
    { findToken: (request) => (request.headers['x-user-id'] === claims.sub ? token : bearer(request)) },
  ],
  ['X06', 'takes tokens from a cookie', { findToken: (request) => bearer(request) ?? cookieOf(request) }],
];

describe('a guard that is broken in one way is found out', () => {
  test.each(BROKEN)('%s: one that %s', async (attackId, _, mistakes) => {
    const { letIn } = await attack(handMade(mistakes), [attackId]);
    expect(letIn.map(({ id: each }) => each)).toContain(attackId);
  });

  test('J13: one that breaks on it is listed as broken', async () => {
    const fragile = createServer(({ headers: { authorization = '' } }, response) => {
      response
        .writeHead(authorization === `Bearer ${token}` ? 200 : authorization.startsWith('Bearer ....') ? 500 : 401)
        .end();
    });
    const { broken } = await attackEndpoint({
      url: await listen(fragile),
      material: { token },
      only: ['J13'],
      perSecond: Number.POSITIVE_INFINITY,
    });
    expect(broken).toMatchObject([{ id: 'J13', status: 500 }]);
  });

  test('every class that is tried has its broken guard', async () => {
    // one that only refuses the request with nothing at all
    let isAsked = false;
    const server = createServer(({ headers: { authorization } }, response) => {
      const isBare = authorization === undefined && !isAsked;
      isAsked ||= isBare;
      response.writeHead(isBare ? 401 : 200).end();
    });
    const { letIn, tried: counts } = await attack(server);
    const tried = new Set(letIn.map(({ id: each }) => each));
    const caught = new Set([...BROKEN.map(([each]) => each), 'J13']);
    expect([...tried].filter((each) => !caught.has(each))).toEqual([]);
    expect([...caught].filter((each) => !tried.has(each))).toEqual([]);
    for (const group of GROUPS) expect(counts[group]).toBeGreaterThan(20);
    // several hundred
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBeGreaterThan(300);
  });

  test('X00: an endpoint that asks for nothing is found, and nothing else is tried', async () => {
    const { letIn, tried } = await attack(createServer((_request, response) => response.end()));
    expect(letIn).toMatchObject([{ id: 'X00', gravity: 'forged' }]);
    expect(Object.values(tried)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('mapae attack', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-attack-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const fast = ['--rate', '1000', '--json'];
  const env = { MAPAE_ATTACK_TOKEN: token };
  const none = { write: () => expect.fail('nothing is written') };
  const silent = { env, cwd: folder, stdout: none, stderr: { ...none, fd: 2 }, onStop: () => {} };

  test('8 where something was let in, 0 where nothing was; the table is JSON if wanted', async () => {
    writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const open = await listen(handMade({ checkSignature: () => true }));
    const broken = await runMapae(
      folder,
      ['attack', String(open), '--jwks', 'jwks.json', '--key', 'key.pem', '--only', 'T,C', ...fast],
      env,
    );
    expect(broken.code).toBe(8);
    const { letIn, tried } = JSON.parse(broken.stdout) as Verdict;
    expect(letIn.length).toBeGreaterThan(50);
    // each of the two options makes attacks of its own
    expect([letIn.some(({ id: each }) => each === 'T10'), tried.C > 30]).toEqual([true, true]);
    const verifier = createVerifier({ issuer, audience, keys: { keys: [jwk] }, feed: false });
    const app = await APPS['node']?.(verifier);
    if (app === undefined) throw new Error('no app');
    const right = await runMapae(
      folder,
      ['attack', String(await listen(app.server)), '--only', 'T,X01', '--rate', '1000'],
      env,
    );
    expect(right).toMatchObject({ code: 0, stderr: '' });
    expect(right.stdout).toMatch(/^tried \d+ \(T \d+, K 0, J 0, C 0, X \d+\): 0 let in, 0 broken\n$/);
  });

  test('1 where the good token is refused: then nothing can be said', async () => {
    const closed = await listen(createServer((_request, response) => response.writeHead(401).end()));
    await expect(run(['attack', String(closed), ...fast], silent)).rejects.toMatchObject({ exitCode: 1 });
  });

  test.each([
    ['a host that is not this machine', ['http://api.example/me']],
    ['no URL', ['nowhere']],
    ['a name and password in the URL', ['http://a:b@127.0.0.1/']],
    ['a password alone', ['http://:b@127.0.0.1/']],
    ['this machine as a name at another host', ['http://127.0.0.1@api.example/']],
    ['a name that begins like an address of this machine', ['http://127.0.0.1.api.example/']],
    ['a name that begins like this machine', ['http://localhost.api.example/']],
    ['another name of this machine', ['http://localtest.example/']],
    ['every address of this machine', ['http://0.0.0.0/']],
    ['an address of IPv6 that is another one of IPv4', ['http://[::ffff:10.0.0.1]/']],
    ['no such class', ['http://127.0.0.1:9/', '--only', 'T,K1']],
    ['no such group', ['http://127.0.0.1:9/', '--only', 'Q']],
    ['a rate beyond the bound', ['http://127.0.0.1:9/', '--rate', '5000']],
    ['a key that is none', ['http://127.0.0.1:9/', '--key', '/dev/null']],
    ['a key set that is none', ['http://127.0.0.1:9/', '--jwks', '/dev/null']],
  ])('2 before anything is sent: %s', async (_, args) => {
    await expect(run(['attack', ...args], silent)).rejects.toMatchObject({ name: 'CliError', exitCode: 2 });
  });

  test.each(['127.0.0.1', '127.9.9.9', '2130706433', '0x7f.1', '[::1]', '[0:0:0:0:0:0:0:1]'])(
    'RFC 6890 §2.2.2: %s is this machine, and asked without a word',
    async (host) => {
      expect(await isThisMachine(new URL(`http://${host}/`).hostname)).toBe(true);
    },
  );

  test('RFC 6761 §6.3: localhost is this machine where every address that it has here is one of loopback', async () => {
    const having =
      (...addresses: readonly string[]) =>
      async () =>
        addresses.map((address) => ({ address }));
    const answers = [
      having('127.0.0.1', '::1'),
      having('127.0.0.1', '192.0.2.1'),
      having('::ffff:192.0.2.1'),
      having(),
    ];
    expect(await Promise.all(answers.map((lookup) => isThisMachine('localhost', lookup)))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    // whatever it points at now
    expect(await isThisMachine('app.localhost.example', having('127.0.0.1'))).toBe(false);
  });

  test('a redirect counts as a refusal, and is not followed', async () => {
    let asked = 0;
    const elsewhere = await listen(
      createServer((_request, response) => {
        asked++;
        response.end();
      }),
    );
    const server = createServer(({ headers: { authorization } }, response) => {
      if (authorization === `Bearer ${token}`) response.end();
      else response.writeHead(302, { location: String(elsewhere) }).end();
    });
    const url = await listen(server);
    const { letIn } = await attackEndpoint({ url, material: { token }, only: ['T13', 'X06'], perSecond: 1_000 });
    expect([letIn, asked]).toEqual([[], 0]);
  });

  test('nothing but GET is sent, one request at a time, no faster than was said', async () => {
    const arrivals: number[] = [];
    const methods = new Set<string | undefined>();
    let atOnce = 0;
    let most = 0;
    const server = createServer(({ method, headers: { authorization } }, response) => {
      arrivals.push(performance.now());
      methods.add(method);
      most = Math.max(most, ++atOnce);
      response.writeHead(authorization === `Bearer ${token}` ? 200 : 401).end(() => atOnce--);
    });
    const url = await listen(server);
    // from before the first: one that is slow to arrive must not make the others look fast
    const began = performance.now();
    await attackEndpoint({ url, material: { token }, only: ['T13', 'X03'], perSecond: 100 });
    expect([[...methods], most]).toEqual([['GET'], 1]);
    const seconds = ((arrivals.at(-1) ?? 0) - began) / 1_000;
    expect(arrivals.length).toBeGreaterThan(15);
    expect((arrivals.length - 1) / seconds).toBeLessThanOrEqual(101);
  });

  test('a list of which nothing can be tried says nothing, and not that nothing was let in', async () => {
    const app = await listen(handMade({}));
    await expect(run(['attack', String(app), '--only', 'C', ...fast], silent)).rejects.toMatchObject({ exitCode: 1 });
  });

  test('the verdict holds nothing of the token', async () => {
    const verdict = await attack(handMade({ checkSignature: () => true }));
    expect(`${JSON.stringify(verdict)}${formatVerdict(verdict)}`).not.toContain(token.slice(-40));
  });
});
