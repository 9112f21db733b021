// What `npm start` runs: the authorization server, the notes API and its page, each on its own port, until Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { listen, reportFailure } from 'mapae';
import { demoIdSettings, withDemoId } from './demo-id.ts';
import { type DemoOptions, parseDemoOptions, USAGE } from './options.ts';
import { createPage } from './page.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const children: ChildProcess[] = [];
let stopping = false;

/** A child could not start and has said why. */
class ChildFailed extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('a process of the demo did not start');
    this.exitCode = exitCode;
  }
}

interface Child {
  /** Tells it that what it waits for is there. */
  goOn(): void;
  /** Its `"event":"listening"`. */
  readonly listening: Promise<void>;
}

/** Starts a program. Passes on what people should read: words, and log lines from `warn` on. */
function startChild(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const flags = [
    '--conditions=@mapae/source',
    '--disable-warning=ExperimentalWarning',
    '--import',
    here('./die-with-parent.ts'),
  ];
  const child = spawn(process.execPath, [...flags, program, ...args], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  children.push(child);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.includes('"event":"listening"')) resolve();
      // the demo needs no administrator
      else if (!/^\{"level":[123]0,|^mapae: first administrator:/.test(line)) process.stderr.write(`${line}\n`);
    }
  });
  child.once('close', (code) => {
    reject(new ChildFailed(code ?? 1));
    // one without the others is no demo
    if (!stopping) void stop(code ?? 1);
  });
  // both are started before either is waited for
  listening.catch(() => {});
  return { goOn: () => void child.send('go on'), listening };
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  const alive = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const gone = alive.map((child) => once(child, 'close'));
  for (const child of alive) child.kill('SIGTERM');
  await Promise.all(gone);
  process.exit(exitCode);
}

async function startAll({ port, apiPort, webPort, data }: DemoOptions): Promise<void> {
  const [server, api, page] = [port, apiPort, webPort].map((one) => `http://localhost:${one}`);
  if (server === undefined || api === undefined || page === undefined)
    throw new Error('unreachable: three ports were given');
  // the page first: it needs nothing, and a taken port is known before anything else runs
  await listen(withDemoId(page, server, createPage(server, api)), webPort, undefined);
  const serverArgs = [
    ...['--resource', `${api}=notes:read notes:write`, '--origin', page, '--bearer-origin', page],
    ...['--name', 'Notes', '--home', `${page}/`],
  ];
  const serverProcess = startChild(
    here('../../../packages/cli/src/main.ts'),
    ['serve', '--dev', '--port', String(port), '--issuer', server, '--data', data, ...serverArgs],
    { MAPAE_SOCIAL: JSON.stringify(demoIdSettings(page)) },
  );
  const apiProcess = startChild(here('./api-main.ts'), [String(apiPort), server, page]);
  await serverProcess.listening;
  apiProcess.goOn();
  await apiProcess.listening;
  process.stdout.write(`
  Mapae is running.

    notes page             ${page}
    the same on a phone    ${page}/?device=phone
    notes API              ${api}
    sign in, sign up       ${server}/sign-in   with a password, or with Demo ID, a provider on this machine
    your account           ${server}/account
    mailbox                ${server}/dev/mailbox
    authorization server   ${server}   data in ${data}

  Try: make an account at ${server}/sign-up, confirm it from the mailbox and sign in: you come to the notes page, signed in there
  as well. Write a note, open the phone's page in a second window and sign in there too. Then sign the first device out from the
  phone's list, or both from your account, and watch the next call being refused.

  Next: change a role from another terminal, and watch the page. The token of before is refused, the next one holds the role, and
  nobody signs in again:

    ${roleCommand(server, data)}

  Ctrl-C stops everything.

`);
}

/** The line that gives a role, with what differs from the defaults of the command. */
function roleCommand(server: string, data: string): string {
  const more = [
    ...(server === 'http://localhost:4000' ? [] : [`--issuer ${server}`]),
    ...(data === './data' ? [] : [`--data '${data}'`]),
  ];
  return ['npm run -s mapae -- user roles <your e-mail> --add editor --dev', ...more].join(' ');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else await startAll(options);
} catch (error) {
  if (!stopping)
    await stop(
      error instanceof ChildFailed ? error.exitCode : reportFailure(error, (text) => process.stderr.write(text)),
    );
}
