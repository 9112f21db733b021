import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/index.ts';
import { safeLog } from '../../src/observability/safe-log.ts';
import {
  BEARER_ORIGIN,
  FEED_KEY,
  ISSUER,
  openServer,
  PASSWORD,
  SAME_ORIGIN,
  shareServer,
  verdict,
} from './server-under-test.ts';

const KEY = 'a-metrics-key-of-thirty-two-characters';
const NAME = '[a-zA-Z_][a-zA-Z0-9_]*';
/** One line of the format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
const LINE = new RegExp(
  `^(?:# HELP ${NAME} [^\\n]+|# TYPE ${NAME} (?:counter|gauge|histogram)|${NAME}(?:\\{${NAME}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"(?:,${NAME}="(?:[^"\\\\\\n]|\\\\["\\\\n])*")*\\})? [0-9.e+-]+)$`,
);

describe('figures', () => {
  const under = shareServer({ metricsKey: KEY, mode: 'production' });
  const { call, signUp, signIn } = under;
  const read = async (): Promise<string> => {
    const answer = await call('/metrics', { bearer: KEY });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    return answer.text();
  };

  test('need the key: none, another, the key of the feed and an access token are 401', async () => {
    await signUp('kim@example.test');
    const { access_token: token } = await signIn('kim@example.test');
    for (const bearer of [undefined, `${KEY}x`, KEY.slice(1), FEED_KEY, token])
      expect(await verdict(await call('/metrics', bearer === undefined ? {} : { bearer }))).toEqual([
        401,
        'metrics/credential',
      ]);
  });

  test('where there is no key there are no figures: 404, whatever is shown', async () => {
    await using closed = await openServer();
    for (const bearer of [KEY, 'undefined'])
      expect(await verdict(await closed.call('/metrics', { bearer }))).toEqual([404, 'request/not-found']);
  });

  test('a key that is too short to be one stops the start', async () => {
    await expect(openServer({ metricsKey: 'short' })).rejects.toThrow(/^metricsKey/);
  });

  test('requests are counted by operation, status and code; buckets add up; every line is of the format', async () => {
    await signUp('lee@example.test');
    for (const password of [PASSWORD, 'wrong one', 'wrong two'])
      await call('/v1/sign-in', { json: { email: 'lee@example.test', password, delivery: 'bearer' } });
    const text = await read();
    const value = (line: string): number =>
      Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${line} `))
          ?.slice(line.length + 1),
      );
    const requests = (status: string, code: string): number =>
      value(`mapae_requests_total{operation="POST /v1/sign-in",status="${status}",code="${code}"}`);
    expect([requests('200', ''), requests('401', 'account/credentials')]).toEqual([2, 2]);
    const histogram = 'mapae_request_duration_seconds';
    expect(value(`${histogram}_count{operation="POST /v1/sign-in"}`)).toBe(4);
    expect(value(`${histogram}_bucket{operation="POST /v1/sign-in",le="+Inf"}`)).toBe(4);
    expect(value(`${histogram}_sum{operation="POST /v1/sign-in"}`)).toBeGreaterThan(0);
    const buckets = [...text.matchAll(/_bucket\{operation="POST \/v1\/sign-in",le="[^"]+"\} (\d+)/g)].map(([, n]) =>
      Number(n),
    );
    expect(buckets).toEqual(buckets.toSorted((a, b) => a - b));
    expect(value('mapae_events_total{event="sign-in.refused",level="warn"}')).toBe(2);
    expect(value('mapae_requests_in_flight')).toBe(1);
    expect(value('mapae_password_hashes{state="running"}')).toBe(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
    const lines = text.trimEnd().split('\n');
    expect(lines.filter((line) => !LINE.test(line))).toEqual([]);
    const typed = lines.flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []);
    expect(new Set(typed).size).toBe(typed.length);
  });

  test('L02: no token, address, path or method that somebody sends is in a label, and none makes a line of its own', async () => {
    const { access_token: token, refresh_token: refresh } = await signIn('kim@example.test');
    const before = (await read()).split('\n').length;
    const secret = 'sekret-in-the-path';
    for (let n = 0; n < 20; n++) {
      await call(`/v1/sessions/${secret}${n}`, { method: 'DELETE', bearer: token });
      await call(`/${secret}/${n}?access_token=${token}`, { headers: { host: `${secret}.example` } });
      await call(`/v1/admin/audit?user=${secret}${n}`, { bearer: token });
      await under.server.fetch(new Request(`${ISSUER}/v1/me`, { method: `M${n}`, headers: { 'user-agent': secret } }));
      await under.server.fetch(new Request(`${ISSUER}/sign-in`, { method: `M${n}` }));
    }
    await call('/v1/refresh', { json: { refresh_token: `${refresh}x` }, headers: { origin: BEARER_ORIGIN } });
    await call('/v1/sign-up', { json: { email: 'nobody@example.test', password: 'password' }, headers: SAME_ORIGIN });
    const text = await read();
    for (const sent of [secret, token, refresh, 'example.test', 'mr1.', 'eyJ', KEY, 'nobody'])
      expect(text).not.toContain(sent);
    // four operations more, with their buckets, however many requests
    expect(text.split('\n').length - before).toBeLessThan(150);
    expect(text).not.toMatch(/"M\d/);
  });
});

test('L01: a text of any length is capped before it is logged', () => {
  const seen: LogEntry[] = [];
  const log = safeLog((entry) => seen.push(entry), undefined);
  log({ level: 'error', event: 'store.failed', reason: 'x'.repeat(100_000), count: 7 });
  log({ level: 'info', event: 'fine', reason: 'short' });
  expect(seen).toEqual([
    { level: 'error', event: 'store.failed', reason: 'x'.repeat(500), count: 7 },
    { level: 'info', event: 'fine', reason: 'short' },
  ]);
});

describe('L05, D08: a log that fails', () => {
  const later: unknown = () => Promise.reject(new Error('EPIPE'));
  test.each([
    [
      'throws',
      () => {
        throw new Error('ENOSPC');
      },
    ],
    [
      'throws no error but a text',
      () => {
        // eslint-disable-next-line no-throw-literal
        throw 'text' as unknown as Error;
      },
    ],
    // a caller in JavaScript may give such a one
    ['rejects later', later as () => void],
  ])('and %s stops no request and not the process; it is counted', async (_how, log) => {
    await using under = await openServer({ log, metricsKey: KEY });
    await under.signUp('kim@example.test');
    await under.signIn('kim@example.test');
    await new Promise((resolve) => setImmediate(resolve));
    const text = await (await under.call('/metrics', { bearer: KEY })).text();
    expect(Number(/^mapae_log_failures_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(2);
  });
});
