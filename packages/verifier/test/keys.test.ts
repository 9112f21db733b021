import { generateKeyPairSync } from 'node:crypto';
import { exportPublicJwk, generatePrivateKey, type Jwk } from '@mapae/jwt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createVerifier, RequestRefused, type Verifier } from '../src/index.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// SECURITY.md "A token is judged in this order" 3; rows K12–K18, K20 of the attack catalogue, against a real HTTP server.

let issuer: ScriptedIssuer;
let verifier: Verifier;
let log: string[];
let passedMs: number;

beforeEach(async () => {
  issuer = await startScriptedIssuer();
  log = [];
  passedMs = 0;
});
afterEach(async () => {
  verifier.close();
  await issuer.close();
});

function create(more: { readonly issuer?: string; readonly fetch?: typeof fetch } = {}): void {
  verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    feed: false,
    jitter: () => 0,
    monotonic: () => performance.now() + passedMs,
    log: (event) => log.push(event),
    ...more,
  });
}

async function outcome(token: string): Promise<string> {
  try {
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
    return 'let in';
  } catch (error) {
    if (error instanceof RequestRefused) return `${error.status} ${error.code}`;
    throw error;
  }
}

const jwkOf = (key: Parameters<typeof exportPublicJwk>[0]): Jwk => exportPublicJwk(key);

function manyKeys(length: number): Jwk[] {
  const jwk = jwkOf(issuer.key);
  return Array.from({ length }, (_, n) => ({ ...jwk, kid: String(n) }));
}

describe('K19: an address that leads elsewhere', () => {
  // a name that is bound anew to an address inside has no certificate there, and plain http, which needs none, is refused
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://127.0.0.1/jwks',
    'file:///etc/passwd',
    'data:application/json,{"keys":[]}',
  ])('%s in the metadata of an https issuer is never asked for', async (address) => {
    const asked: string[] = [];
    const named = 'https://issuer.example';
    verifier = createVerifier({
      issuer: named,
      audience: AUDIENCE,
      feed: false,
      jitter: () => 0,
      fetch: (input, init) => {
        const { url } = new Request(input);
        asked.push(url);
        return fetch(url.replace(named, issuer.issuer), init);
      },
    });
    issuer.answers.set('/.well-known/oauth-authorization-server', (_request, response) =>
      issuer.json(response, { issuer: named, jwks_uri: address }),
    );
    expect(await outcome(issuer.token({ iss: named }))).toBe('503 verifier/unavailable');
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((url) => !url.startsWith(`${named}/.well-known/`))).toEqual([]);
    // with an address of its own the same token is let in: it was the address
    verifier.close();
    issuer.answers.set('/.well-known/oauth-authorization-server', (_request, response) =>
      issuer.json(response, { issuer: named, jwks_uri: `${named}/jwks` }),
    );
    create({
      issuer: named,
      fetch: (input, init) => fetch(new Request(input).url.replace(named, issuer.issuer), init),
    });
    expect(await outcome(issuer.token({ iss: named }))).toBe('let in');
  });
});

describe('K12: a flood of unknown key ids', () => {
  test('300 at once and 300 in turn: three fetches in all, one more a cool-down of 30 s', async () => {
    create();
    expect(await outcome(issuer.token())).toBe('let in');
    const strangers = Array.from({ length: 20 }, () => issuer.token({}, generatePrivateKey('ES256')));
    const flood = Array.from({ length: 300 }, (_, index) => strangers[index % 20] ?? '');
    expect(new Set(await Promise.all(flood.map(outcome)))).toEqual(new Set(['401 token/unknown-key']));
    for (const token of flood) expect(await outcome(token)).toBe('401 token/unknown-key');
    expect(issuer.requests.length).toBe(3);
    passedMs = 20_000;
    await outcome(flood[0] ?? '');
    expect(issuer.requests.length).toBe(3);
    passedMs = 51_000;
    await Promise.all(flood.map(outcome));
    expect(issuer.requests.length).toBe(4);
    expect(await outcome(issuer.token())).toBe('let in');
  });

  test('K02–K04, K11: an address in a token is never contacted', async () => {
    create();
    const before = issuer.requests.length;
    const address = `${issuer.issuer}/evil`;
    expect(await outcome(issuer.token({ jwks_uri: address, jku: address }))).toBe('let in');
    const { createJwtSigner } = await import('@mapae/jwt');
    const key = generatePrivateKey('ES256', { kid: address });
    const token = createJwtSigner({ key, typ: 'at+jwt' }).sign({ iss: issuer.issuer, aud: AUDIENCE });
    expect(await outcome(token)).toBe('401 token/unknown-key');
    expect(issuer.requests.slice(before).map(({ path }) => path)).not.toContain('/evil');
  });
});

describe('K20: rotation', () => {
  test('a token of a key that has just been published is let in at once', async () => {
    create();
    expect(await outcome(issuer.token())).toBe('let in');
    const next = generatePrivateKey('ES256');
    issuer.publish([jwkOf(issuer.key), jwkOf(next)]);
    expect(await outcome(issuer.token({}, next))).toBe('let in');
  });

  test('a principal that was let in under a key that is gone now passes no further guard', async () => {
    create();
    const principal = await verifier.authenticate({ headers: { authorization: `Bearer ${issuer.token()}` } });
    await verifier.authorize(principal);
    const next = generatePrivateKey('ES256');
    issuer.publish([jwkOf(next)]);
    expect(await outcome(issuer.token({}, next))).toBe('let in');
    await expect(verifier.authorize(principal)).rejects.toMatchObject({ status: 401, code: 'token/unknown-key' });
  });

  test('the new set takes the place of the old one: a key that is gone is gone, remembered tokens too', async () => {
    create();
    const token = issuer.token();
    expect(await outcome(token)).toBe('let in');
    const next = generatePrivateKey('ES256');
    issuer.publish([jwkOf(next)]);
    expect(await outcome(issuer.token({}, next))).toBe('let in');
    expect(await outcome(token)).toBe('401 token/unknown-key');
  });

  test('a key that is replaced under the same kid: tokens of the old one are refused, remembered ones too', async () => {
    const key = generatePrivateKey('ES256', { kid: 'same' });
    issuer.publish([jwkOf(key)]);
    create();
    const token = issuer.token({}, key);
    expect(await outcome(token)).toBe('let in');
    const other = generatePrivateKey('ES256', { kid: 'same' });
    issuer.publish([jwkOf(other)]);
    await outcome(issuer.token({}, generatePrivateKey('ES256')));
    expect(await outcome(token)).toBe('401 token/signature');
    expect(await outcome(issuer.token({}, other))).toBe('let in');
  });

  test('keys are renewed in the background after ten minutes; a set that did not change voids nothing', async () => {
    create();
    expect(await outcome(issuer.token())).toBe('let in');
    passedMs = 11 * 60_000;
    expect(await outcome(issuer.token())).toBe('let in');
    await until(() => issuer.count('/jwks') === 2);
    await until(() => log.filter((event) => event === 'keys.fetched').length === 2);
    expect(verifier.status.rememberedTokens).toBe(2);
  });
});

describe('what is no usable key is left out, and the others work', () => {
  test.each([
    [
      'K13: a kid that stands twice',
      () => [jwkOf(generatePrivateKey('ES256', { kid: 'x' })), jwkOf(generatePrivateKey('ES256', { kid: 'x' }))],
    ],
    ['K14: a secret', () => [{ kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url'), alg: 'HS256', kid: 'x' }]],
    [
      'K15: an RSA key of 1,024 bits',
      () => [
        {
          ...(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' }) as Jwk),
          alg: 'RS256',
          kid: 'x',
        },
      ],
    ],
    ['K16: a key for encryption', () => [{ ...jwkOf(generatePrivateKey('ES256', { kid: 'x' })), use: 'enc' }]],
    ['a type that is not known', () => [{ kty: 'moon', alg: 'ES256', kid: 'x' }]],
    ['rubbish', () => [null, 1, 'x', [], { kid: 7 }] as unknown as Jwk[]],
  ])('%s', async (_title, others) => {
    issuer.publish([...others(), jwkOf(issuer.key)]);
    create();
    expect(await outcome(issuer.token())).toBe('let in');
    expect(await outcome(issuer.token({}, generatePrivateKey('ES256', { kid: 'x' })))).toMatch(
      /^401 token\/(unknown-key|signature)$/,
    );
  });
});

describe('K17, K18: a key source in trouble', () => {
  type Trouble = Parameters<ScriptedIssuer['answers']['set']>[1];
  const TROUBLES: Readonly<Record<string, Trouble>> = {
    'answers 500': (_request, response) => void response.writeHead(500).end(),
    'answers HTML': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
    'answers HTML called JSON': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('<p>hello'),
    'answers JSON that is no set': (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
    redirects: (_request, response) => void response.writeHead(302, { location: `${issuer.issuer}/elsewhere` }).end(),
    'never ends': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const flood = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
      };
      response.on('drain', flood);
      flood();
    },
    'brings 100,000 keys': (_request, response) => issuer.json(response, { keys: manyKeys(100_000) }),
    'brings 200 keys': (_request, response) => issuer.json(response, { keys: manyKeys(200) }),
    'cuts the connection': (request) => void request.socket.destroy(),
  };

  test.each(Object.keys(TROUBLES))(
    '%s: 503 without keys; known keys serve on; well again without hands',
    async (name) => {
      const healthy = issuer.answers.get('/jwks');
      const trouble = TROUBLES[name];
      if (trouble === undefined || healthy === undefined) throw new Error('unreachable');
      issuer.answers.set('/elsewhere', healthy);
      issuer.answers.set('/jwks', trouble);
      create();
      await until(() => log.length > 0);
      expect(() => verifier.verifySync(issuer.token())).toThrow(RequestRefused);
      expect(issuer.count('/elsewhere')).toBe(0);
      issuer.answers.set('/jwks', healthy);
      await until(() => log.includes('keys.fetched'));
      expect(await outcome(issuer.token())).toBe('let in');

      issuer.answers.set('/jwks', trouble);
      passedMs = 12 * 60_000;
      expect(await outcome(issuer.token())).toBe('let in');
      expect(await outcome(issuer.token({}, generatePrivateKey('ES256')))).toBe('503 verifier/unavailable');
      // bounded: a day later the last good set is too old to be relied on
      passedMs = 25 * 3_600_000;
      expect(() => verifier.verifySync(issuer.token())).toThrow(
        expect.objectContaining({ code: 'verifier/unavailable' }),
      );
    },
  );

  test('RFC 9110 §15.6.4: a key id that nobody could look up is 503 until a fetch succeeds, then 401; a key of that id is let in', async () => {
    create();
    expect(await outcome(issuer.token())).toBe('let in');
    const healthy = issuer.answers.get('/jwks');
    if (healthy === undefined) throw new Error('unreachable');
    issuer.answers.set('/jwks', (_request, response) => void response.writeHead(500).end());
    const next = generatePrivateKey('ES256');
    const [theirs, ours] = [issuer.token({}, generatePrivateKey('ES256')), issuer.token({}, next)];
    const before = issuer.count('/jwks');
    // the first one asks, those of the cool-down don't, and whoever can't wait hears the same
    for (const token of [theirs, ours, theirs]) {
      expect(await outcome(token)).toBe('503 verifier/unavailable');
      expect(() => verifier.verifySync(token)).toThrow(expect.objectContaining({ code: 'verifier/unavailable' }));
    }
    expect(issuer.count('/jwks')).toBe(before + 1);
    passedMs = 4_900;
    expect(await outcome(ours)).toBe('503 verifier/unavailable');
    expect(issuer.count('/jwks')).toBe(before + 1);
    // what no key could make good is told so
    const [header = '', , signature = ''] = theirs.split('.');
    expect(await outcome(`${header}.bm8.${signature}`)).toBe('401 token/unknown-key');
    expect(await outcome(issuer.token())).toBe('let in');
    issuer.publish([jwkOf(issuer.key), jwkOf(next)]);
    issuer.answers.set('/jwks', healthy);
    // after a fetch that failed the next one may be soon; after one that didn't, thirty seconds later
    passedMs = 5_100;
    expect(await outcome(theirs)).toBe('401 token/unknown-key');
    expect(await outcome(ours)).toBe('let in');
    expect(await outcome(theirs)).toBe('401 token/unknown-key');
    passedMs = 34_000;
    expect(await outcome(theirs)).toBe('401 token/unknown-key');
    expect(issuer.count('/jwks')).toBe(before + 2);
    passedMs = 36_000;
    expect(await outcome(theirs)).toBe('401 token/unknown-key');
    expect(issuer.count('/jwks')).toBe(before + 3);
  });

  test('keys that were given are all there are: an unknown key id is 401', async () => {
    verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      feed: false,
      keys: { keys: [jwkOf(issuer.key)] },
    });
    await issuer.close();
    expect(await outcome(issuer.token())).toBe('let in');
    expect(await outcome(issuer.token({}, generatePrivateKey('ES256')))).toBe('401 token/unknown-key');
  });

  test('slow: requests wait three seconds at most', async () => {
    issuer.answers.set('/jwks', () => {});
    create();
    const began = performance.now();
    expect(await outcome(issuer.token())).toBe('503 verifier/unavailable');
    expect(performance.now() - began).toBeLessThan(4_500);
  });
});

describe('metadata', () => {
  test.each([
    ['RFC 8414 §3.3: of another issuer', (own: string) => ({ issuer: `${own}/`, jwks_uri: `${own}/jwks` })],
    ['names no key set', (own: string) => ({ issuer: own })],
    ['names a key set over another protocol', (own: string) => ({ issuer: own, jwks_uri: 'ftp://x/jwks' })],
  ])('%s: not used', async (_title, content) => {
    issuer.answers.set('/.well-known/oauth-authorization-server', (_request, response) =>
      issuer.json(response, content(issuer.issuer)),
    );
    create();
    await until(() => log.includes('keys.unavailable'));
    expect(issuer.count('/jwks')).toBe(0);
    expect(() => verifier.verifySync(issuer.token())).toThrow(
      expect.objectContaining({ code: 'verifier/unavailable' }),
    );
  });

  test('OpenID Connect Discovery §4.1: where there is no OAuth metadata, that of OpenID is taken', async () => {
    const answer = issuer.answers.get('/.well-known/oauth-authorization-server');
    issuer.answers.delete('/.well-known/oauth-authorization-server');
    if (answer !== undefined) issuer.answers.set('/.well-known/openid-configuration', answer);
    create();
    expect(await outcome(issuer.token())).toBe('let in');
  });
});

describe('several issuers', () => {
  let other: ScriptedIssuer;
  beforeEach(async () => {
    other = await startScriptedIssuer();
  });
  afterEach(() => other.close());

  function createForBoth(): void {
    verifier = createVerifier({
      issuers: [{ issuer: issuer.issuer }, { issuer: other.issuer }],
      audience: AUDIENCE,
      jitter: () => 0,
    });
  }

  test('each one’s tokens are let in, under its own keys only (K05, K06)', async () => {
    createForBoth();
    await verifier.ready();
    expect(await outcome(issuer.token())).toBe('let in');
    expect(await outcome(other.token())).toBe('let in');
    expect(await outcome(other.token({ iss: issuer.issuer }))).toBe('401 token/unknown-key');
    const sameKid = generatePrivateKey('ES256', { kid: issuer.key.kid });
    other.publish([jwkOf(sameKid)]);
    expect(await outcome(issuer.token({ iss: other.issuer }))).toMatch(/^401 token\/(unknown-key|signature)$/);
  });

  test('an issuer that is not configured is refused, and not contacted; a spelling of it likewise', async () => {
    createForBoth();
    const third = await startScriptedIssuer();
    const spellings = [third.issuer, `${issuer.issuer}/`, issuer.issuer.toUpperCase(), '', '__proto__'];
    for (const iss of spellings) {
      const token = third.token(iss === '' ? { iss: undefined } : { iss });
      expect(await outcome(token)).toBe('401 token/issuer');
    }
    expect(third.requests).toEqual([]);
    await third.close();
  });

  test('cut-offs for everyone at one issuer leave the other’s tokens alone', async () => {
    createForBoth();
    await verifier.ready();
    const [ours, theirs] = [issuer.token(), other.token()];
    expect([await outcome(ours), await outcome(theirs)]).toEqual(['let in', 'let in']);
    await until(() => issuer.connections > 0);
    issuer.send(issuer.revoke(issuer.row(6, '', Date.now())));
    await until(async () => (await outcome(ours)) === '401 token/revoked');
    expect(await outcome(theirs)).toBe('let in');
  });

  test('one that is away does not touch the tokens of the other', async () => {
    await other.close();
    createForBoth();
    expect(await outcome(issuer.token())).toBe('let in');
    expect(verifier.status.issuers.map(({ stale }) => stale)).toEqual([false, true]);
  });

  test.each([
    [{ issuers: [] }, 'issuers'],
    [{ issuers: [{ issuer: 'https://a.example' }, { issuer: 'https://a.example' }] }, 'issuers'],
    [{ issuers: [{ issuer: 'https://a.example' }], issuer: 'https://a.example' }, 'issuer'],
    [{ issuers: [{ issuer: 'https://a.example', feeds: false }] }, 'issuers[0].feeds'],
    [{ issuer: 'http://a.example' }, 'issuer'],
    [{ issuer: 'https://a.example', whenStale: 'introspect' }, 'introspection'],
    [{ issuer: 'https://a.example', dpop: { baseUrl: 'https://a.example', algorithms: ['HS256'] } }, 'dpop.algorithms'],
  ])('%o is refused, and the option named', (options, named) => {
    verifier = createVerifier({ issuer: 'https://x.example', audience: 'a', feed: false, keys: { keys: [] } });
    expect(() => createVerifier({ audience: AUDIENCE, ...options } as never)).toThrow(named);
  });
});
