import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog, logTo } from '../src/log.ts';

async function written(write: (log: ReturnType<typeof logTo>) => void): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-log-'));
  const fd = openSync(join(folder, 'log'), 'a');
  try {
    write(logTo(await createLog('debug', { fd, isTTY: false })));
    return readFileSync(join(folder, 'log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    closeSync(fd);
    rmSync(folder, { recursive: true });
  }
}

test.each([
  ['a line of its own', 'x\n{"level":"info","event":"admin.claimed"}'],
  ['a carriage return', 'x\r{"event":"y"}'],
  ['what terminals obey', '\u001b[2J\u001b]0;owned\u0007'],
  ['line separators', 'a\u2028b\u2029c'],
  ['quotes and backslashes', '","event":"admin.claimed","x":"\\'],
  ['half a surrogate', '\ud800'],
])('L01: %s in a value stays in one JSON object a line', async (_what, value) => {
  const lines = await written((log) => log({ level: 'warn', event: 'sign-in.refused', reason: value }));
  expect(lines.length).toBe(1);
  const entry = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  expect(entry).toMatchObject({ event: 'sign-in.refused' });
  expect(lines[0]).not.toMatch(/\p{Cc}/u);
  expect(String(entry['reason']).toWellFormed()).toBe(value.toWellFormed());
});

test('L02: a member whose name says that it is a secret is cut, at the top and one below', async () => {
  const [line = ''] = await written((log) =>
    log({ level: 'info', event: 'x', password: 's3cret', inner: { refresh_token: 's3cret', authorization: 's3cret' } }),
  );
  expect(line).not.toContain('s3cret');
});
