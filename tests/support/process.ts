import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { SourceEdit } from './breakages.ts';
import { buildProgram } from './program-build.ts';

/** A process of ours under test, told apart from the test by nothing but its address. */
export interface Started {
  readonly port: number;
  readonly url: string;
  /** Everything it wrote so far, both streams. */
  log(): string;
  /** Sends the signal and resolves when the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<void>;
  pause(): void;
  resume(): void;
  readonly pid: number;
}

const SETUP_SECONDS = 20;

/**
 * Builds a program of tests/support and starts it on this Node, with its settings as JSON in `MAPAE_TEST_SETTINGS`, and waits for its
 * line `{"event":"listening","port":…}`.
 */
export async function start(
  program: string,
  settings: unknown,
  breakage?: SourceEdit,
  /** A module that runs before the program. */
  preload?: string,
): Promise<Started> {
  const file = await buildProgram(program, breakage);
  const before = preload === undefined ? [] : ['--import', preload];
  const args = ['--disable-warning=ExperimentalWarning', ...before, file];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // each build is a file of its own, which a compile cache would keep for ever
    env: { ...process.env, MAPAE_TEST_SETTINGS: JSON.stringify(settings), NODE_DISABLE_COMPILE_CACHE: '1' },
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      written += chunk;
    });
  }
  const gone = once(child, 'close');
  const port = await listening(child, () => written);
  return {
    port,
    url: `http://localhost:${port}`,
    pid: child.pid ?? 0,
    log: () => written,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

async function listening(child: ChildProcess, written: () => string): Promise<number> {
  for (let tries = 0; tries < SETUP_SECONDS * 50; tries++) {
    const found = /"event":"listening","port":(\d+)/.exec(written());
    if (found?.[1] !== undefined) return Number(found[1]);
    if (child.exitCode !== null || child.signalCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`did not start:\n${written()}`);
}
