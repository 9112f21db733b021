import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Core, onCore } from './cores.ts';
import { buildPackages } from './packed.ts';
import type { Usage } from './serving.ts';

/** A process under measurement. `Ready` is what it said when it began to answer. */
export interface ServerProcess<Ready> {
  readonly ready: Ready;
  readonly pid: number;
  /** Milliseconds from its start to its word that it answers. */
  readonly startMs: number;
  usage(): Promise<Usage>;
  /** Everything it wrote. */
  log(): string;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly core: Core;
  /** Flags of Node beside those that every process of ours gets. */
  readonly flags?: readonly string[];
  /** Runs our packages as they are published, not from source. */
  readonly built?: boolean;
}

const START_MS = 120_000;
const ANSWER_MS = 60_000;

/** Starts a program that calls `announce`, kept to a core, in production mode. */
export async function startServer<Ready>(
  program: URL,
  settings: unknown,
  { core, flags = [], built = false }: StartOptions,
): Promise<ServerProcess<Ready>> {
  if (built) buildPackages();
  const conditions = built ? [] : ['--conditions=@mapae/source'];
  const node = [process.execPath, ...conditions, '--disable-warning=ExperimentalWarning', ...flags];
  const [command = '', ...args] = onCore(core, [...node, fileURLToPath(program)]);
  // by a file: hundreds of tokens are more than a variable of the environment may hold
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const began = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', MAPAE_BENCH_SETTINGS: file },
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      written = (written + chunk).slice(-20_000);
    });
  }
  const gone = once(child, 'exit').finally(() => rmSync(folder, { recursive: true, force: true }));
  const { ready } = await reply<{ readonly ready: Ready }>(child, 'ready', START_MS, () => written);
  return {
    ready,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    async usage() {
      child.send('usage');
      return (await reply<{ readonly usage: Usage }>(child, 'usage', ANSWER_MS, () => written)).usage;
    },
    log: () => written,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    },
  };
}

/** The next message that has this member. */
function reply<T>(child: ChildProcess, member: string, ms: number, log: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      settle();
    };
    const fail = (what: string): void => {
      finish(() => {
        child.kill('SIGKILL');
        reject(new Error(`${what}:\n${log()}`));
      });
    };
    const onMessage = (message: unknown): void => {
      if (typeof message === 'object' && message !== null && member in message) finish(() => resolve(message as T));
    };
    const onExit = (): void => fail('the process ended');
    const timer = setTimeout(() => fail(`no ${member} in ${ms} ms`), ms);
    child.on('message', onMessage);
    child.once('exit', onExit);
  });
}
