import { exportPublicJwk, generatePrivateKey, generateTimeOrderedId, timeOfId } from '@mapae/jwt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createVerifier, RequestRefused, type Verifier, type VerifierOptions } from '../src/index.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// docs/protocol.md §5, against a real HTTP server that alters, drops, repeats and reorders.

let issuer: ScriptedIssuer;
let verifier: Verifier | undefined;
let log: string[];
/** Added to both clocks. */
let passedMs = 0;
/** Both clocks stand still but for `passedMs`. */
let frozen = false;
const FROZEN = 1_800_000_000_000;
const clock = (): number => (frozen ? FROZEN : Date.now()) + passedMs;
const monotonic = (): number => (frozen ? 0 : performance.now()) + passedMs;

beforeEach(async () => {
  passedMs = 0;
  frozen = false;
  log = [];
  issuer = await startScriptedIssuer(clock);
});
afterEach(async () => {
  verifier?.close();
  await issuer.close();
});

async function follow(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    clock,
    monotonic,
    jitter: () => 0,
    log: (event) => log.push(event),
    ...options,
  } as VerifierOptions);
  await verifier.ready();
  await until(() => issuer.connections > 0);
  return verifier;
}

/** `let in`, or the code. */
function outcome(token: string, policy = {}): string {
  try {
    verifier?.verifySync(token, policy);
    return 'let in';
  } catch (error) {
    if (error instanceof RequestRefused) return error.code;
    throw error;
  }
}

const at = (ms: number): string => generateTimeOrderedId(ms, (bytes) => new Uint8Array(bytes).fill(7));

describe('each kind of row touches what it names and nothing else', () => {
  test.each([
    [1, 'session', { sid: at(1_000) }, at(1_000), { sid: at(2_000) }],
    [2, 'token', { jti: at(1_000) }, at(1_000), { jti: at(2_000) }],
    [3, 'client', { client_id: 'lost' }, 'lost', { client_id: 'other' }],
  ])('%i %s', async (code, _name, revoked, value, other) => {
    await follow();
    const [bad, good] = [issuer.token(revoked), issuer.token(other)];
    expect([outcome(bad), outcome(good)]).toEqual(['let in', 'let in']);
    issuer.send(issuer.revoke(issuer.row(code, value)));
    await until(() => outcome(bad) === 'token/revoked');
    expect(outcome(good)).toBe('let in');
  });

  const cutoff = Date.UTC(2026, 10, 1);
  test.each([
    [4, 'sessions of a subject', 'kim', 'sid'],
    [5, 'sessions of a client', 'app', 'sid'],
    [6, 'sessions of everyone', '', 'sid'],
    [7, 'tokens of a subject', 'kim', 'jti'],
    [8, 'tokens of a client', 'app', 'jti'],
    [9, 'tokens of everyone', '', 'jti'],
  ])('%i: %s made at or before the cut-off, to the millisecond', async (code, _name, value, claim) => {
    await follow();
    const [before, exactly, after] = [-1, 0, 1].map((ms) => issuer.token({ [claim]: at(cutoff + ms) }));
    const noSession = issuer.token({ sid: undefined, jti: at(cutoff) });
    issuer.send(issuer.revoke(issuer.row(code, value, cutoff)));
    await until(() => verifier?.status.revocations === 1);
    const outcomes = [before, exactly, after].map((token) => outcome(token ?? ''));
    expect(outcomes).toEqual(['token/revoked', 'token/revoked', 'let in']);
    // without a session the token's own time stands for it
    expect(outcome(noSession)).toBe('token/revoked');
    if (code === 4 || code === 7) expect(outcome(issuer.token({ sub: 'lee', [claim]: at(cutoff) }))).toBe('let in');
  });
});

describe('whatever happens on the way, a revocation is not missed', () => {
  const HAPPENINGS: Readonly<Record<string, (frame: string) => void>> = {
    'a frame is dropped, and a heartbeat follows': () => issuer.send(issuer.frame('heartbeat', {})),
    'a frame comes twice': (frame) => {
      issuer.send(frame);
      issuer.send(frame);
    },
    'an altered frame comes instead': (frame) => {
      const [header, payload = '', signature] = frame.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const altered = Buffer.from(JSON.stringify({ ...claims, events: { 'urn:mapae:event:batch': { rows: [] } } }));
      issuer.send(`${header}.${altered.toString('base64url')}.${signature}`);
    },
    'a frame of a stranger comes instead': () =>
      issuer.send(issuer.frame('batch', { rows: [] }, { key: generatePrivateKey('ES256'), from: 0, to: 1 })),
    'frames come in another order': (frame) => {
      const second = issuer.revoke(issuer.row(1, at(99)));
      issuer.send(second);
      issuer.send(frame);
    },
    'the connection ends instead': () => issuer.cut(),
    'rubbish comes instead': () => issuer.send('rubbish'),
    'the epoch changes': (frame) => {
      issuer.startEpoch();
      issuer.revoke(issuer.row(1, at(5)));
      issuer.send(frame);
    },
  };
  test.each(Object.keys(HAPPENINGS))('%s', async (name) => {
    await follow();
    const token = issuer.token({ sid: at(5) });
    expect(outcome(token)).toBe('let in');
    HAPPENINGS[name]?.(issuer.revoke(issuer.row(1, at(5))));
    await until(() => outcome(token) === 'token/revoked');
    issuer.beat(50);
    await until(() => verifier?.status.position === `${issuer.position.epoch}.${issuer.position.number}`);
  });

  test.each([
    ['another issuer', { iss: 'https://other.example' }],
    ['another audience', { aud: 'https://other.example/events/revocations' }],
    ['another type', { typ: 'at+jwt' }],
  ])('a well-signed frame for %s is refused', async (_name, change) => {
    await follow();
    issuer.send(issuer.frame('batch', { rows: [issuer.row(6, '', clock())] }, { ...change, to: 1 }));
    await until(() => log.includes('feed.refused'));
    expect(outcome(issuer.token())).toBe('let in');
  });

  test('RFC 8417: an access token is no frame', async () => {
    await follow();
    issuer.send(issuer.token());
    await until(() => log.includes('feed.refused'));
  });

  test('a connection that ended goes on where it was, without a snapshot', async () => {
    await follow();
    const token = issuer.token({ sid: at(5) });
    issuer.revoke(issuer.row(1, at(5)));
    issuer.cut();
    await until(() => outcome(token) === 'token/revoked');
    expect(issuer.count('/events/revocations/snapshot')).toBe(1);
    const resumed = issuer.requests.findLast(({ path }) => path === '/events/revocations');
    expect(resumed?.headers['last-event-id']).toBe(`${issuer.position.epoch}.0`);
  });
});

describe('snapshots', () => {
  test.each([
    ['a flipped bit', (body: Buffer) => body.fill((body.at(-1) ?? 0) ^ 1, body.length - 1)],
    ['a row too few', (body: Buffer) => body.subarray(0, -32)],
    ['a row too many', (body: Buffer) => Buffer.concat([body, Buffer.alloc(32)])],
    ['half a row', (body: Buffer) => body.subarray(0, -5)],
    ['no line', (body: Buffer) => body.subarray(body.indexOf(10) + 1)],
    ['an endless line', () => Buffer.alloc(200_000, 'a')],
    ['nothing', () => Buffer.alloc(0)],
  ])('%s: nothing of it is used, and nobody is let in on it', async (_name, alter) => {
    const path = '/events/revocations/snapshot';
    const real = issuer.answers.get(path);
    issuer.revoke(issuer.row(1, at(5)));
    issuer.answers.set(
      path,
      (_request, response) => void response.writeHead(200).end(alter(Buffer.from(issuer.snapshot()))),
    );
    verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      jitter: () => 0,
      log: (event) => log.push(event),
    });
    await until(() => log.includes('feed.refused'));
    expect(verifier.status).toMatchObject({ stale: true, revocations: 0, position: undefined });
    expect(outcome(issuer.token())).toBe('verifier/stale');
    if (real !== undefined) issuer.answers.set(path, real);
    await verifier.ready();
    expect(outcome(issuer.token({ sid: at(5) }))).toBe('token/revoked');
  });

  test('an old one, kept back and served again, is refused', async () => {
    await follow();
    const old = issuer.snapshot();
    issuer.send(issuer.revoke(issuer.row(1, at(5))));
    const token = issuer.token({ sid: at(5) });
    await until(() => outcome(token) === 'token/revoked');
    issuer.answers.set('/events/revocations/snapshot', (_request, response) => void response.writeHead(200).end(old));
    // a frame that doesn't fit asks for the snapshot
    issuer.send(issuer.frame('heartbeat', {}, { from: 7, to: 7 }));
    await until(() => log.filter((event) => event === 'feed.out-of-step').length >= 2);
    expect(outcome(token)).toBe('token/revoked');
    expect(verifier?.status.position).toBe(`${issuer.position.epoch}.1`);
  });

  test('with more than fits the verifier is stale, never silently partial', async () => {
    await follow({ maxRevocations: 1_000 });
    for (let round = 0; round < 3; round++) {
      const rows = Array.from({ length: 400 }, (_, index) => issuer.row(1, at(round * 400 + index + 1)));
      for (const row of rows) issuer.keep(row);
      issuer.send(issuer.frame('batch', { rows }, { from: round * 400, to: (round + 1) * 400 }));
    }
    await until(() => log.includes('feed.too-large'));
    issuer.beat(50);
    passedMs = 6_000;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(outcome(issuer.token(), { whenStale: 'deny' })).toBe('verifier/stale');
  });

  test('rows past their end are forgotten', async () => {
    await follow();
    const row = issuer.row(1, at(5));
    issuer.send(issuer.revoke([row[0], row[1], row[2], clock() + 1_000]));
    await until(() => verifier?.status.revocations === 1);
    passedMs = 2_000;
    issuer.beat(2);
    await until(() => verifier?.status.revocations === 0);
  });

  test('a row of a kind that is not known could revoke anything', async () => {
    await follow();
    issuer.send(issuer.revoke([10, issuer.row(1, at(5))[1], 0, clock() + 600_000]));
    await until(() => log.includes('feed.too-large'));
    passedMs = 6_000;
    expect(verifier?.status.stale).toBe(true);
  });
});

describe('staleness: from the last fresh frame, by policy', () => {
  test('allow: 5 s and the grace of 60 s to the millisecond; deny: 5 s', async () => {
    frozen = true;
    await follow();
    await issuer.close();
    const token = issuer.token();
    const outcomes: Record<string, string> = {};
    for (const seconds of [5, 65]) {
      for (const ms of [-1, 0, 1]) {
        passedMs = seconds * 1_000 + ms;
        outcomes[passedMs] = `${outcome(token)} ${outcome(token, { whenStale: 'deny' })}`;
      }
    }
    expect(outcomes).toEqual({
      4999: 'let in let in',
      5000: 'let in let in',
      5001: 'let in verifier/stale',
      64999: 'let in verifier/stale',
      65000: 'let in verifier/stale',
      65001: 'verifier/stale verifier/stale',
    });
  });

  test('503 with Retry-After, never 401, which would make every client refresh', async () => {
    await follow({ whenStale: 'deny' });
    await issuer.close();
    passedMs = 6_000;
    const refused = verifier?.authenticate({ headers: { authorization: `Bearer ${issuer.token()}` } });
    await expect(refused).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });

  test('frames said again, and frames held back, do not keep it fresh', async () => {
    await follow({ whenStale: 'deny' });
    const kept = issuer.frame('heartbeat', {});
    passedMs = 4_000;
    issuer.send(kept);
    issuer.send(issuer.frame('heartbeat', {}, { at: clock() - 20_000 }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    passedMs = 9_500;
    issuer.send(kept);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(outcome(issuer.token())).toBe('verifier/stale');
    issuer.send(issuer.frame('heartbeat', {}));
    await until(() => outcome(issuer.token()) === 'let in');
  });

  test('a machine that slept notices by its wall clock', async () => {
    let wall = 0;
    await follow({ whenStale: 'deny', clock: () => Date.now() + wall });
    wall = 8_000;
    expect(outcome(issuer.token())).toBe('verifier/stale');
  });

  test.each([3_600_000, -3_600_000])('a clock that is off by %i ms: stale, never let in on it', async (off) => {
    verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      clock: () => Date.now() + off,
      log: (event) => log.push(event),
    });
    issuer.beat(20);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(outcome(issuer.token({ iat: Math.floor((Date.now() + off) / 1_000), exp: 4_000_000_000 }))).toBe(
      'verifier/stale',
    );
  });
});

describe('keys that are over', () => {
  test('a keys frame ends them at once, and they do not come back with the next fetch', async () => {
    const other = generatePrivateKey('ES256');
    issuer.publish([exportPublicJwk(issuer.key), exportPublicJwk(other)]);
    await follow();
    const token = issuer.token({}, other);
    expect(outcome(token)).toBe('let in');
    issuer.send(issuer.frame('keys', { removed: [other.kid] }));
    await until(() => outcome(token) === 'token/unknown-key');
    await until(() => issuer.count('/jwks') === 2);
    expect(outcome(token)).toBe('token/unknown-key');
    expect(outcome(issuer.token())).toBe('let in');
    // said again, it asks for nothing again
    issuer.send(issuer.frame('keys', { removed: [other.kid] }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(issuer.count('/jwks')).toBe(2);
  });
});

describe('keys that are over, while the key set is out of reach', () => {
  test('one that a keys frame took out of force is refused as such; one that was never heard of is 503', async () => {
    const other = generatePrivateKey('ES256');
    issuer.publish([exportPublicJwk(issuer.key), exportPublicJwk(other)]);
    await follow();
    const token = issuer.token({}, other);
    expect(outcome(token)).toBe('let in');
    issuer.answers.set('/jwks', (_request, response) => void response.writeHead(500).end());
    issuer.send(issuer.frame('keys', { removed: [other.kid] }));
    await until(() => log.includes('keys.unavailable'));
    expect(outcome(token)).toBe('token/unknown-key');
    expect(outcome(issuer.token({}, generatePrivateKey('ES256')))).toBe('verifier/unavailable');
    expect(outcome(issuer.token())).toBe('let in');
  });
});

describe('long poll', () => {
  test('where streams are held back, the feed is polled, and a revocation still arrives', async () => {
    // headers come, events don't
    issuer.answers.set('/events/revocations', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    });
    verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      jitter: () => 0,
      log: (event) => log.push(event),
    });
    await until(() => log.includes('feed.polling'), 8_000);
    await verifier.ready();
    const token = issuer.token({ sid: at(5) });
    await until(() => outcome(token) === 'let in');
    issuer.revoke(issuer.row(1, at(5)));
    await until(() => outcome(token) === 'token/revoked');
    expect(issuer.count('/events/revocations/poll')).toBeGreaterThan(0);
    expect(issuer.count('/events/revocations/snapshot')).toBe(1);
  });

  test('where streams are refused, likewise', async () => {
    issuer.answers.set('/events/revocations', (_request, response) => void response.writeHead(502).end());
    verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, jitter: () => 0 });
    await verifier.ready();
    expect(outcome(issuer.token())).toBe('let in');
  });
});

describe('watch', () => {
  test('a connection that goes on ends within a second of the revocation', async () => {
    await follow();
    const principal = verifier?.verifySync(issuer.token({ sid: at(5) }));
    const ended: string[] = [];
    if (principal !== undefined) verifier?.watch(principal, ({ code }) => ended.push(code));
    const began = performance.now();
    issuer.send(issuer.revoke(issuer.row(1, at(5))));
    await until(() => ended.length > 0);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(ended).toEqual(['token/revoked']);
  });

  test('and when revocations are not heard of for longer than the policy allows', async () => {
    await follow();
    const principal = verifier?.verifySync(issuer.token());
    const ended: string[] = [];
    if (principal !== undefined) {
      verifier?.watch(principal, ({ code }) => ended.push(`deny ${code}`), { whenStale: 'deny' });
      verifier?.watch(principal, ({ code }) => ended.push(`allow ${code}`));
    }
    await issuer.close();
    passedMs = 30_000;
    await until(() => ended.length > 0);
    expect(ended).toEqual(['deny verifier/stale']);
    passedMs = 70_000;
    await until(() => ended.length > 1);
    expect(ended).toEqual(['deny verifier/stale', 'allow verifier/stale']);
  });
});

test('ids in tokens of an issuer with a feed have to carry their time', async () => {
  await follow();
  expect(timeOfId('1')).toBeUndefined();
  expect(outcome(issuer.token({ jti: '1' }))).toBe('token/claim');
  expect(outcome(issuer.token({ sid: '1' }))).toBe('token/claim');
});
