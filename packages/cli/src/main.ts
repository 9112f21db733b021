#!/usr/bin/env node
import process from 'node:process';
import { run } from './command.ts';
import { reportFailure } from './failure.ts';

// one listener for the life of the process: a second Ctrl-C must not fall through to Node's default and cut the close short
const listeners: (() => void)[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const listener of listeners) listener();
  });
}

try {
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    onStop: (listener) => listeners.push(listener),
  });
} catch (error) {
  process.exitCode = reportFailure(error, (text) => process.stderr.write(text));
}
// a stray timer or socket must not hold the terminal
setTimeout(() => process.exit(), 2_000).unref();
