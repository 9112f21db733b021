import type { Maintenance, PlannedStep } from '@mapae/server';
import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { DATABASE_SETTINGS, withMaintenance } from './database.ts';
import { CliError, EXIT } from './failure.ts';
import type { Surroundings } from './surroundings.ts';

type Mode = 'plan' | 'apply' | 'check';
const MODES: readonly Mode[] = ['plan', 'apply', 'check'];

/** `mapae migrate --plan | --apply | --check` */
export function addMigrate(program: Command, around: Surroundings): void {
  const command = program
    .command('migrate')
    .description("bring the database's schema up to date, forward only")
    .option('--plan', 'print the SQL of what is pending; run nothing')
    .option('--apply', 'apply what is pending, in one transaction')
    .option('--check', `exit with ${EXIT.schema} where the schema is behind or ahead`)
    .option('--json', 'print JSON')
    .exitOverride();
  addSettings(command, DATABASE_SETTINGS).action(async (flags: Record<string, unknown>) => {
    const [mode, ...more] = MODES.filter((one) => flags[one] === true);
    if (mode === undefined || more.length > 0)
      throw new CliError('name one of --plan, --apply and --check', 'to look first: `mapae migrate --plan`');
    const settings = await readSettings(flags, around);
    const json = flags['json'] === true;
    const print = (text: string, machine: unknown): void =>
      void around.stdout.write(json ? `${JSON.stringify(machine)}\n` : text);
    await withMaintenance(settings, (database) => DO[mode](database, print), { create: mode === 'apply' });
  });
}

type Print = (text: string, machine: unknown) => void;

const DO: Readonly<Record<Mode, (database: Maintenance, print: Print) => Promise<void>>> = {
  async plan(database, print) {
    const steps = await database.planMigration();
    print(steps.map(formatStep).join('\n') || '-- nothing to do\n', { steps });
  },
  async apply(database, print) {
    const applied = await database.migrate();
    print(applied.length === 0 ? 'up to date\n' : `${applied.map((name) => `applied ${name}`).join('\n')}\n`, {
      applied,
    });
  },
  async check(database, print) {
    const state = await database.readSchema();
    const { pending, newer, usable } = state;
    const status = usable ? (pending.length === 0 ? 'current' : 'behind') : 'ahead';
    print(`${status}\n`, { status, pending, newer });
    if (status === 'behind')
      throw new CliError(`behind by ${pending.join(', ')}`, 'see `mapae migrate --plan`', EXIT.schema);
    if (status === 'ahead')
      throw new CliError(`ahead by ${newer.join(', ')}`, 'run the newer version of mapae', EXIT.schema);
  },
};

function formatStep({ name, statements }: PlannedStep): string {
  return `-- ${name}\n${statements.map((statement) => `${statement};\n`).join('')}`;
}
