import { statSync } from 'node:fs';
import type { Maintenance } from '@mapae/server';
import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { databaseError, databaseUrl, withMaintenance } from './database.ts';
import { CliError, EXIT } from './failure.ts';
import { readSecretFile } from './secret.ts';
import { issuerOf, type Settings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** What one look found. `warn` is for the operator to decide, `fail` is wrong. */
interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly says: string;
  readonly hint?: string;
}

/** `mapae doctor`: looks at the settings and the database of a server, and changes nothing. */
export function addDoctor(program: Command, around: Surroundings): void {
  const command = program
    .command('doctor')
    .description('check settings, clock, schema and durability; takes the flags of serve')
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command).action(async (flags: Record<string, unknown>) => {
    const settings = await readSettings(flags, around);
    const findings = [
      ...[issuer, secret, proxies, feedKey].map((check) => check(settings)),
      await files(settings),
      ...(await database(settings)),
    ];
    around.stdout.write(flags['json'] === true ? `${JSON.stringify({ findings })}\n` : findings.map(format).join(''));
    const wrong = findings.filter(({ status }) => status === 'fail').map(({ check }) => check);
    if (wrong.length > 0) throw new CliError(`wrong: ${wrong.join(', ')}`, 'see the hints above', EXIT.unfit);
  });
}

function format({ check, status, says, hint }: Finding): string {
  return `${status.padEnd(4)}  ${check.padEnd(12)}  ${says}\n${hint === undefined ? '' : `${' '.repeat(20)}hint: ${hint}\n`}`;
}

function issuer(settings: Partial<Settings>): Finding {
  return attempt('issuer', () => {
    const named = issuerOf(settings);
    if (named.startsWith('https:') || settings.dev === true) return ok('issuer', named);
    return fail('issuer', `${named} is plain http`, 'production needs https, ended by a proxy in front if not here');
  });
}

function secret(settings: Partial<Settings>): Finding {
  return attempt('secret', () => {
    if (settings.secrets !== undefined) return ok('secret', 'given by environment or config file');
    if (settings.secretFile === undefined) {
      return settings.dev === true
        ? ok('secret', 'development: made in the data folder')
        : fail('secret', 'there is none', 'openssl rand -base64 32 > secret && chmod 600 secret, then --secret-file');
    }
    const secrets = readSecretFile(settings.secretFile);
    if (secrets.some((one) => one.length < 43)) return fail('secret', 'too short', 'openssl rand -base64 32');
    return ok('secret', `${secrets.length} in ${settings.secretFile}, for its owner alone`);
  });
}

function proxies({ trustedProxies = [], dev }: Partial<Settings>): Finding {
  if (dev === true || trustedProxies.length > 0) return ok('proxies', trustedProxies.join(', ') || 'development: none');
  return warn(
    'proxies',
    'no proxy is trusted: behind one, every client has its address and per-network limits are shared by all',
    '--trusted-proxy <address or CIDR block of the proxy>, unless clients connect directly',
  );
}

function feedKey({ feedKeys = [], dev }: Partial<Settings>): Finding {
  if (feedKeys.some(({ key }) => key.length < 32))
    return fail('feed', 'a feed key is too short', 'openssl rand -base64 32');
  if (feedKeys.length > 0) return ok('feed', `${feedKeys.length} may follow it`);
  if (dev === true) return ok('feed', 'development: open on loopback');
  return warn('feed', 'nobody may follow the revocation feed: no verifier will work', 'MAPAE_FEED_KEYS="<name>=<key>"');
}

async function files(settings: Partial<Settings>): Promise<Finding> {
  const { parseDatabaseUrl } = await import('@mapae/server');
  return attempt('files', () => {
    const address = parseDatabaseUrl(databaseUrl(settings));
    if (address.kind === 'postgres') return ok('files', 'none: the database is elsewhere');
    const mode = statSync(address.path, { throwIfNoEntry: false })?.mode;
    if (mode === undefined) return warn('files', 'there is no database yet', 'the server makes it at its first start');
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      return fail('files', `${address.path} can be read by others`, `chmod 600 ${address.path}`);
    return ok('files', `${address.path}, for its owner alone`);
  });
}

async function database(settings: Partial<Settings>): Promise<readonly Finding[]> {
  try {
    return await withMaintenance(settings, async (maintenance) => [
      ok('database', maintenance.kind),
      await schema(maintenance),
      ...(await setUp(maintenance)),
    ]);
  } catch (cause) {
    const error = await databaseError(cause);
    const hint = error instanceof CliError ? error.hint : 'check --database';
    return [fail('database', error instanceof Error ? error.message : 'unknown', hint)];
  }
}

async function schema(maintenance: Maintenance): Promise<Finding> {
  const { pending, newer, usable, applied } = await maintenance.readSchema();
  if (!usable) return fail('schema', `newer than this program: ${newer.join(', ')}`, 'run the newer version of mapae');
  if (pending.length > 0) return fail('schema', `behind by ${pending.join(', ')}`, 'mapae migrate --apply');
  return ok('schema', `current (${applied.at(-1) ?? 'empty'})`);
}

async function setUp(maintenance: Maintenance): Promise<readonly Finding[]> {
  const { LARGEST_SKEW_SECONDS } = await import('@mapae/server');
  const { aheadMs, lossy, standbys } = await maintenance.examine();
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1);
  const { synchronous, asynchronous } = standbys;
  return [
    Math.abs(aheadMs) > LARGEST_SKEW_SECONDS * 1_000
      ? fail('clock', `${seconds} s from the database's`, 'let NTP set both')
      : ok('clock', maintenance.kind === 'sqlite' ? 'one machine, one clock' : `${seconds} s from the database's`),
    lossy.length > 0
      ? fail('durability', `a crash can lose what was answered: ${lossy.join(', ')}`, 'set them on in postgresql.conf')
      : ok('durability', 'what is answered is on the disk'),
    asynchronous > 0 && synchronous === 0
      ? warn(
          'standby',
          `${asynchronous} follow, none synchronously: a failover can lose what was answered`,
          'synchronous_standby_names',
        )
      : ok('standby', synchronous > 0 ? `${synchronous} synchronous` : 'none'),
  ];
}

function attempt(check: string, look: () => Finding): Finding {
  try {
    return look();
  } catch (error) {
    if (error instanceof CliError) return fail(check, error.message, error.hint);
    return fail(check, error instanceof Error ? error.message : 'unknown', 'mapae serve --help');
  }
}

const ok = (check: string, says: string): Finding => ({ check, status: 'ok', says });
const warn = (check: string, says: string, hint: string): Finding => ({ check, status: 'warn', says, hint });
const fail = (check: string, says: string, hint: string): Finding => ({ check, status: 'fail', says, hint });
