import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** `mapae serve`, or another command, as its users run it. */
export interface MapaeProcess {
  readonly child: ChildProcess;
  /** Both streams. */
  text(): string;
  readonly exit: Promise<number | null>;
}

export function runMapae(args: readonly string[], env: Readonly<Record<string, string>> = {}): MapaeProcess {
  const flags = ['--conditions=@mapae/source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, MAIN, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, text: () => text, exit: once(child, 'close').then(() => child.exitCode) };
}

/** Runs a command to its end. @throws where that is not 0. */
export async function mapae(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const run = runMapae(args, env);
  if ((await run.exit) !== 0) throw new Error(`mapae ${args.join(' ')}: ${run.text()}`);
  return run.text();
}
