import { beforeAll, describe, expect, test } from 'vitest';
import { createServer, sqlite } from '../../src/index.ts';
import { shareServer } from './server-under-test.ts';

/** Peer on the socket, X-Forwarded-For, and what is taken for the client's address. */
type Row = readonly [peer: string | undefined, forwarded: string | undefined, client: string | null];

const TABLES: readonly { readonly trusted: readonly string[]; readonly rows: readonly Row[] }[] = [
  {
    trusted: [],
    rows: [
      ['203.0.113.9', undefined, '203.0.113.9'],
      ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
      ['::ffff:203.0.113.9', '198.51.100.1', '203.0.113.9'],
      [undefined, '198.51.100.1', null],
    ],
  },
  {
    trusted: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'],
    rows: [
      ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
      ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
      ['10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
      ['10.1.2.3', '198.51.100.1, 10.9.9.9, 192.0.2.7', '198.51.100.1'],
      ['10.1.2.3', '198.51.100.1, 192.0.2.8', '192.0.2.8'],
      ['::ffff:10.1.2.3', '::ffff:198.51.100.1', '198.51.100.1'],
      ['2001:db8::1', '2001:db9::5', '2001:db9::5'],
      ['2001:db8::1', '2001:db9::5, 2001:db8::2', '2001:db9::5'],
      ['10.1.2.3', 'unknown', '10.1.2.3'],
      ['10.1.2.3', '198.51.100.1, garbage', '10.1.2.3'],
      ['10.1.2.3', "198.51.100.1, ' or 1=1", '10.1.2.3'],
      ['10.1.2.3', '198.51.100.1:8080', '10.1.2.3'],
      ['10.1.2.3', undefined, '10.1.2.3'],
      ['10.1.2.3', '', '10.1.2.3'],
      ['10.1.2.3', '10.1.1.1', '10.1.2.3'],
      [undefined, '198.51.100.1', null],
    ],
  },
];

describe.each(TABLES)('ASVS 4.1.3: the client behind $trusted', ({ trusted, rows }) => {
  const { call, signUp } = shareServer({ trustedProxies: trusted });
  beforeAll(() => signUp('kim@example.test'));

  test.each(rows)('peer %s, X-Forwarded-For %s: %s', async (peer, forwarded, client) => {
    const from = {
      ...(peer === undefined ? {} : { remoteAddress: peer }),
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    };
    const json = { email: 'kim@example.test', password: 'correct horse battery', delivery: 'bearer' };
    const { access_token: bearer } = (await (await call('/v1/sign-in', { json, ...from })).json()) as {
      access_token: string;
    };
    const { sessions } = (await (await call('/v1/sessions', { bearer })).json()) as {
      sessions: readonly { readonly ip: string | null; readonly current: boolean }[];
    };
    expect(sessions.find(({ current }) => current)?.ip).toBe(client);
  });
});

test.each(['10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', 'proxy.local', '', '::/129'])(
  'trustedProxies: %j stops the start',
  async (entry) => {
    const options = {
      issuer: 'https://auth.example.test',
      database: sqlite(':memory:'),
      secrets: ['abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH'],
    };
    await expect(createServer({ ...options, trustedProxies: [entry] })).rejects.toThrow(/trustedProxies/);
  },
);
