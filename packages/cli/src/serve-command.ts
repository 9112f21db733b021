import process from 'node:process';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { addSettings, readSettings } from './command-settings.ts';
import type { Surroundings } from './surroundings.ts';

/** `mapae serve`: runs until it is told to stop. */
export function addServe(program: Command, around: Surroundings): void {
  const command = program.command('serve').description('run the authorization server').exitOverride();
  addSettings(command).action(async (flags: Record<string, unknown>) => {
    const settings = await readSettings(flags, around);
    // the server is loaded by who serves: `--help` and `--version` answer at once
    const [{ serve }, { createLog }] = await Promise.all([import('./serve.ts'), import('./log.ts')]);
    const log = await createLog(settings.logLevel ?? 'info', around.stderr);
    surviveStrays(log);
    await new Promise<void>((resolve, reject) => {
      let wanted = false;
      let stop: (() => Promise<void>) | undefined;
      around.onStop(() => {
        wanted = true;
        stop?.().then(resolve, reject);
      });
      serve(settings, log).then((serving) => {
        stop = serving.stop;
        if (serving.firstAdminLink !== undefined) {
          around.stderr.write(describeFirstAdmin(serving.firstAdminLink));
        }
        if (wanted) serving.stop().then(resolve, reject);
      }, reject);
    });
  });
}

/**
 * A promise that nobody waits for, of a configuration's own code or a package's, must not end the server of everybody else. Its text may hold
 * anything: what kind it is, and where, is enough to find it.
 */
function surviveStrays(log: Logger): void {
  process.on('unhandledRejection', (reason) => {
    const [kind, stack] = reason instanceof Error ? [reason.name, reason.stack ?? ''] : [typeof reason, ''];
    const place = stack.split('\n').find((line) => /^\s+at /.test(line));
    log.error({ event: 'process.rejection', kind, place: place?.trim().slice(0, 200) });
  });
}

/** How the first account becomes an administrator; as long as there is no page for it, by one call. */
function describeFirstAdmin(link: string): string {
  const { origin, searchParams } = new URL(link);
  const body = JSON.stringify({ token: searchParams.get('token') });
  return `mapae: first administrator: within an hour, with your account's access token: POST ${origin}/v1/admin/claim ${body}\n`;
}
