import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const START = fileURLToPath(new URL('../../examples/notes/src/start.ts', import.meta.url));

/** `npm start`, as a process. */
export interface Demo {
  readonly child: ChildProcess;
  readonly page: string;
  /** Both streams. */
  text(): string;
  readonly exit: Promise<number | null>;
}

/** Runs the demo's start program with these arguments. */
export function runDemo(args: readonly string[]): Omit<Demo, 'page'> {
  const child = spawn(
    process.execPath,
    ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning', START, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  }
  return { child, text: () => written, exit: once(child, 'close').then(() => child.exitCode) };
}

/** Starts the demo on free ports, its data in a folder that goes with it. */
export async function startDemo(): Promise<Demo & { readonly data: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-demo-'));
  const [port, apiPort, webPort] = [await freePort(), await freePort(), await freePort()];
  const demo = runDemo([
    '--port',
    `${port}`,
    '--api-port',
    `${apiPort}`,
    '--web-port',
    `${webPort}`,
    '--data',
    join(folder, 'data'),
  ]);
  for (let tries = 0; !demo.text().includes('Mapae is running'); tries++) {
    if (tries === 1_000 || demo.child.exitCode !== null) throw new Error(`the demo did not start: ${demo.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    ...demo,
    page: `http://localhost:${webPort}`,
    data: join(folder, 'data'),
    async stop() {
      demo.child.kill('SIGINT');
      await demo.exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
