import type { Command } from 'commander';
import { attackEndpoint, GROUPS, Inconclusive, isClass, type Verdict } from './attack/campaign.ts';
import { isThisMachine } from './attack/loopback.ts';
import { readMaterial } from './attack/read-material.ts';
import { formatVerdict } from './attack/report.ts';
import { CliError, EXIT } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

const DEFAULT_RATE = 50;
const HIGHEST_RATE = 1_000;

/** `mapae attack`: several hundred bad tokens against an endpoint of one's own, by GET alone. */
export function addAttack(program: Command, around: Surroundings): void {
  program
    .command('attack')
    .description('try to get into an API of your own with tokens that should not let anyone in')
    .argument('<url>', 'a guarded address that answers GET with success for a good token')
    .option('--token <jwt>', 'a good token; better in MAPAE_ATTACK_TOKEN, where no list of processes shows it')
    .option('--jwks <url or file>', 'key set of the issuer: tries its public key as a secret')
    .option('--key <file>', 'signing key of a test issuer (PEM, JWK or secret): tries what only an issuer can sign')
    .option('--only <list>', `groups (${GROUPS.join(',')}) or classes of them (T10,K01)`)
    .option('--rate <n>', `most requests a second, 1 to ${HIGHEST_RATE}`, String(DEFAULT_RATE))
    .option('--i-own-this-host', 'go on with a host that is not this machine')
    .option('--json', 'print JSON')
    .exitOverride()
    .action(async (address: string, flags: Readonly<Record<string, unknown>>) => {
      const url = await readUrl(address, flags['iOwnThisHost'] === true);
      const token = flags['token'] ?? around.env['MAPAE_ATTACK_TOKEN'];
      const text = (name: string): string | undefined => (typeof flags[name] === 'string' ? flags[name] : undefined);
      const material = await readMaterial({
        token: typeof token === 'string' ? token.trim() : '',
        jwks: text('jwks'),
        key: text('key'),
        cwd: around.cwd,
      });
      let stopped = false;
      around.onStop(() => {
        stopped = true;
      });
      const verdict = await attackOrFail({
        url,
        material,
        only: readClasses(text('only')),
        perSecond: readRate(flags['rate']),
        isStopped: () => stopped,
      });
      around.stdout.write(flags['json'] === true ? `${JSON.stringify(verdict)}\n` : formatVerdict(verdict));
      if (verdict.letIn.length > 0)
        throw new CliError(
          `${verdict.letIn.length} of the attacks were let in`,
          'docs/guides/attack.md says what each means',
          EXIT.letIn,
        );
    });
}

async function attackOrFail(options: Parameters<typeof attackEndpoint>[0]): Promise<Verdict> {
  try {
    return await attackEndpoint(options);
  } catch (cause) {
    if (!(cause instanceof Inconclusive)) throw cause;
    throw new CliError(cause.message, 'nothing can be said of the endpoint', EXIT.failed, { cause });
  }
}

/** An attack on somebody else's host is a crime in most places: loopback goes without saying, anything else is said. */
async function readUrl(address: string, isOwn: boolean): Promise<URL> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new CliError('the address is no http or https URL', '`mapae attack http://localhost:3000/me`');
  url.hash = '';
  if (!isOwn && !(await isThisMachine(url.hostname)))
    throw new CliError(`${url.hostname} is not this machine`, 'if it is yours to attack, say --i-own-this-host');
  return url;
}

function readClasses(only: string | undefined): readonly string[] {
  if (only === undefined) return GROUPS;
  const named = only.split(',').map((one) => one.trim().toUpperCase());
  if (!named.every(isClass))
    throw new CliError(`--only is a list of ${GROUPS.join(', ')}, or of classes like T10`, '`--only T,K01`');
  return named;
}

function readRate(given: unknown): number {
  const rate = Number(given);
  if (!Number.isInteger(rate) || rate < 1 || rate > HIGHEST_RATE)
    throw new CliError(`--rate must be a whole number from 1 to ${HIGHEST_RATE}`, `the default is ${DEFAULT_RATE}`);
  return rate;
}
