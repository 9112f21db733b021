import { generatePrivateKey } from '@mapae/jwt';
import { createVerifier, type InProcessIssuer } from '@mapae/verifier';
import { beforeAll, describe, expect, test } from 'vitest';
import { API, type Call, FEED_KEY, ISSUER, openServer, shareServer, verdict } from './server-under-test.ts';

const key = { authorization: `Bearer ${FEED_KEY}` };
const REPORT = {
  name: 'notes',
  instance: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  position: `${'A'.repeat(22)}.7`,
  lag_ms: 3,
  stale: false,
  cache: { hits: 9, misses: 1 },
  refusals: { 'token/expired': 2 },
};

describe('polling the feed (docs/protocol.md §5)', () => {
  const { call, fault, clock } = shareServer();
  const poll = async (headers: Readonly<Record<string, string>>, wait = 0): Promise<readonly string[]> =>
    ((await (await call(`/events/revocations/poll?wait=${wait}`, { headers })).json()) as { frames: string[] }).frames;
  const claimsOf = (frame = ''): Record<string, unknown> =>
    JSON.parse(Buffer.from(frame.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

  test('needs its key', async () => {
    expect(await verdict(await call('/events/revocations/poll'))).toEqual([401, 'feed/credential']);
  });

  test('answers at once who is elsewhere, and later who is up to date', async () => {
    const { epoch, to } = claimsOf((await poll(key)).at(-1));
    const here = { ...key, 'last-event-id': `${String(epoch)}.${String(to)}` };
    const began = performance.now();
    const frames = await poll(here, 1);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(Object.keys(claimsOf(frames.at(-1))['events'] as object)).toEqual(['urn:mapae:event:heartbeat']);
  });

  test('I6: without a database it is 503, not a heartbeat', async () => {
    clock.pass(2);
    fault.failAlways(true);
    const answer = await call('/events/revocations/poll?wait=0', { headers: key });
    fault.failAlways(false);
    expect(await verdict(answer)).toEqual([503, 'server/unavailable']);
  });
});

describe('reports of verifiers (docs/protocol.md §5)', () => {
  const { server, call, clock } = shareServer();
  const report = (given: Call): Promise<Response> =>
    call('/events/reports', { method: 'POST', headers: key, ...given });

  test('what is reported is listed, under the name of the key it came with', async () => {
    expect((await report({ json: REPORT })).status).toBe(204);
    expect(server.connectedVerifiers()).toEqual([
      {
        name: 'notes',
        instance: REPORT.instance,
        credential: 'api',
        lastSeenAt: clock.now,
        position: REPORT.position,
        lagMs: 3,
        stale: false,
        cacheHits: 9,
        cacheMisses: 1,
        refusals: { 'token/expired': 2 },
      },
    ]);
    await report({ json: { ...REPORT, name: 'notes 2' } });
    expect(server.connectedVerifiers().map(({ name }) => name)).toEqual(['notes 2']);
  });

  test.each([
    [401, 'feed/credential', { headers: {}, json: REPORT }],
    [415, 'request/content-type', { headers: { ...key, 'content-type': 'text/plain' }, raw: '{}' }],
    [400, 'request/malformed', { headers: { ...key, 'content-type': 'application/json' }, raw: '{' }],
    [413, 'request/too-large', { json: { ...REPORT, name: 'x'.repeat(70_000) } }],
    [422, 'request/invalid', { json: { ...REPORT, name: 'line\nbreak' } }],
    [422, 'request/invalid', { json: { ...REPORT, refusals: { __x: 1 } } }],
    [422, 'request/invalid', { json: { ...REPORT, cache: { hits: -1, misses: 0 } } }],
    [422, 'request/invalid', { json: { ...REPORT, subject: 'kim' } }],
  ])('%i %s', async (status, code, given) => {
    expect(await verdict(await report(given))).toEqual([status, code]);
  });

  test('a flood of instances fills nothing', async () => {
    for (let index = 0; index < 1_100; index++) {
      const instance = `instance-number-${index}`;
      await server.fetch(
        new Request(`${ISSUER}/events/reports`, {
          method: 'POST',
          headers: { ...key, 'content-type': 'application/json' },
          body: JSON.stringify({ ...REPORT, instance }),
        }),
      );
    }
    expect(server.connectedVerifiers()).toHaveLength(1_000);
  });
});

describe('a verifier in the same process', () => {
  const under = shareServer({ clock: Date.now });
  const { server, signUp, signIn } = under;
  beforeAll(() => signUp('kim@example.test'));

  async function outcome(verifier: ReturnType<typeof createVerifier>, token: string): Promise<string> {
    return verifier.authenticate({ headers: { authorization: `Bearer ${token}` } }).then(
      () => 'let in',
      (error: { code?: string }) => error.code ?? 'another error',
    );
  }

  async function tokenFor(): Promise<string> {
    return (await signIn('kim@example.test', { resource: API })).access_token;
  }

  test('needs no feed key and no port; a sign-out is felt before it is answered', async () => {
    const verifier = createVerifier({ issuer: ISSUER, inProcess: server, audience: API, name: 'embedded' });
    const token = await tokenFor();
    expect(await outcome(verifier, token)).toBe('let in');
    expect(verifier.status).toMatchObject({ stale: false, revocations: 0 });
    await under.call('/v1/sign-out-everywhere', {
      method: 'POST',
      bearer: (await signIn('kim@example.test')).access_token,
    });
    await expect.poll(() => outcome(verifier, token), { timeout: 1_000, interval: 5 }).toBe('token/revoked');
    verifier.close();
  });

  test('the key that it needs over a wire it needs there still', async () => {
    const outside: InProcessIssuer = { issuer: ISSUER, fetch: (request) => server.fetch(request) };
    const log: string[] = [];
    const verifier = createVerifier({
      issuer: ISSUER,
      inProcess: outside,
      audience: API,
      log: (event) => log.push(event),
    });
    await expect.poll(() => log.includes('feed.lost')).toBe(true);
    expect(await outcome(verifier, await tokenFor())).toBe('verifier/stale');
    verifier.close();
  });

  test('another server is not taken for it, and a stranger’s token is refused', async () => {
    expect(() => createVerifier({ issuer: 'https://other.example', inProcess: server, audience: API })).toThrow(
      'inProcess',
    );
    const verifier = createVerifier({ issuer: ISSUER, inProcess: server, audience: API });
    const { createJwtSigner } = await import('@mapae/jwt');
    const forged = createJwtSigner({ key: generatePrivateKey('ES256'), typ: 'at+jwt' }).sign({ iss: ISSUER, aud: API });
    expect(await outcome(verifier, forged)).toBe('token/unknown-key');
    verifier.close();
  });

  test('closing the server ends its streams, and the verifier counts as cut off', async () => {
    const own = await openServer({ clock: Date.now });
    const log: string[] = [];
    const verifier = createVerifier({
      issuer: ISSUER,
      inProcess: own.server,
      audience: API,
      log: (event) => log.push(event),
    });
    await verifier.ready();
    await own.server.close();
    await expect.poll(() => log.includes('feed.lost'), { timeout: 6_000 }).toBe(true);
    verifier.close();
  });
});
