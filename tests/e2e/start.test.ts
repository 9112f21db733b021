import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runDemo, startDemo } from '../support/demo.ts';
import { freePort } from '../support/free-port.ts';

const FAILURE = /^mapae: error: [^\n]+\nmapae: hint: [^\n]+\n$/;

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

test.each([[['--colour']], [['--port', 'http']], [['extra']]])(
  '%j ends with an error, a hint and no stack trace',
  async (args) => {
    const demo = runDemo(args);
    expect(await demo.exit).toBe(2);
    expect(demo.text()).toMatch(FAILURE);
  },
);

test.each(['--port', '--api-port', '--web-port'])(
  'a taken %s ends with an error and leaves nothing running',
  async (option) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const address = holder.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const ports = new Map<string, number>();
    for (const name of ['--port', '--api-port', '--web-port'])
      ports.set(name, name === option ? taken : await freePort());
    const folder = await mkdtemp(join(tmpdir(), 'mapae-taken-'));
    const demo = runDemo([...[...ports].flatMap(([name, port]) => [name, String(port)]), '--data', folder]);
    expect(await demo.exit).toBe(3);
    expect(demo.text()).toMatch(FAILURE);
    for (const [name, port] of ports)
      if (name !== option) expect(await answers(`http://127.0.0.1:${port}`)).toBe(false);
    holder.close();
    await rm(folder, { recursive: true });
  },
);

test('a data folder that cannot be made ends with an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mapae-data-'));
  writeFileSync(join(folder, 'file'), '');
  const ports = ['--port', '--api-port', '--web-port'];
  const args = await Promise.all(ports.map(async (name) => [name, String(await freePort())]));
  const demo = runDemo([...args.flat(), '--data', join(folder, 'file/data')]);
  expect(await demo.exit).toBe(4);
  expect(demo.text()).toMatch(FAILURE);
  await rm(folder, { recursive: true });
});

test.each([1, 2])('Ctrl-C, %i times, stops everything with exit code 0', async (times) => {
  const demo = await startDemo();
  for (let i = 0; i < times; i++) demo.child.kill('SIGINT');
  expect(await demo.exit).toBe(0);
  expect(await answers(demo.page)).toBe(false);
});

test('SIGKILL of the start program leaves no process behind', async () => {
  const demo = await startDemo();
  const config = (await (await fetch(`${demo.page}/config.json`)).json()) as { server: string; api: string };
  expect(await answers(config.api)).toBe(true);
  demo.child.kill('SIGKILL');
  await demo.exit;
  await expect.poll(() => answers(config.server), { timeout: 5_000 }).toBe(false);
  await expect.poll(() => answers(config.api), { timeout: 5_000 }).toBe(false);
});
