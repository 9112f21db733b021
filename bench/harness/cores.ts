import { spawnSync } from 'node:child_process';
import * as crypto from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

/** True where processes can be told which core to run on, and there are two to tell apart. */
export const canPin: boolean = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Which core a process is kept to; `any`: it may use every one. */
export type Core = number | 'any';

/** The command line that runs another one on one core; the same one where that can't be had, or isn't wanted. */
export function onCore(core: Core, command: readonly string[]): string[] {
  return canPin && core !== 'any' ? ['taskset', '-c', String(core), ...command] : [...command];
}

const POOL = 4;

/**
 * Keeps this process's main thread to one core, for the time of measuring. The thread pool is started before that, so its threads
 * stay free to use every core: what is measured with operations in flight is measured with all there is.
 */
export async function pinMainThread(core: number): Promise<boolean> {
  const random = promisify(crypto.randomBytes);
  await Promise.all(Array.from({ length: POOL * 2 }, () => random(1_024)));
  return canPin && spawnSync('taskset', ['-p', '-c', String(core), String(process.pid)]).status === 0;
}
