import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDemo } from '../support/demo.ts';
import { fits, readTranscript } from './transcript.ts';

// docs/guides/token-explained.md, typed into a shell beside `npm start`, on other ports.
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${ROOT}docs/guides/token-explained.md`, 'utf8');
const END = '--end-of-a-command--';

let demo: Awaited<ReturnType<typeof startDemo>>;
let places: readonly (readonly [standing: string, here: string])[] = [];

beforeAll(async () => {
  demo = await startDemo();
  const config = (await (await fetch(`${demo.page}/config.json`)).json()) as { server: string; api: string };
  places = [
    ['http://localhost:4000', config.server],
    ['http://localhost:4001', config.api],
    ['./data', demo.data],
  ];
});

afterAll(() => demo?.stop());

const here = (text: string): string =>
  places.reduce((found, [standing, actual]) => found.replaceAll(standing, actual), text);

/** A shell that goes on from one command to the next. */
function openShell() {
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const shell = spawn('bash', ['--norc'], { cwd: ROOT, env: { ...process.env, PATH: path } });
  let written = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  return {
    async run(command: string): Promise<readonly string[]> {
      written = '';
      shell.stdin.write(`${command}\necho ${END}\n`);
      await expect.poll(() => written.includes(`${END}\n`), { timeout: 60_000, interval: 20 }).toBe(true);
      // the end of a header's line is one of HTTP, of which a terminal shows nothing
      const [said = ''] = written.split(END);
      return said.split(/\r?\n/).filter((line) => line !== '');
    },
    close: () => void shell.kill('SIGKILL'),
  };
}

test('each command of “The token explained” prints what stands under it', async () => {
  const shell = openShell();
  try {
    for (const { command, printed } of readTranscript(page)) {
      const lines = await shell.run(here(command));
      const wanted = printed.map(here);
      // what is printed stands in the message where the two differ
      expect({
        command,
        lines: lines.map((line, index) => (fits(line, wanted[index] ?? '') ? wanted[index] : line)),
      }).toEqual({
        command,
        lines: wanted,
      });
    }
  } finally {
    shell.close();
  }
});
