import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { createLog } from './log.ts';
import type { Surroundings } from './surroundings.ts';

/** `mapae serve`: runs until it is told to stop. */
export function addServe(program: Command, around: Surroundings): void {
  const command = program.command('serve').description('run the authorization server').exitOverride();
  addSettings(command).action(async (flags: Record<string, unknown>) => {
    const settings = await readSettings(flags, around);
    // the server is loaded by who serves: `--help` and `--version` answer at once
    const { serve } = await import('./serve.ts');
    const log = await createLog(settings.logLevel ?? 'info', around.stderr);
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

/** How the first account becomes an administrator; as long as there is no page for it, by one call. */
function describeFirstAdmin(link: string): string {
  const { origin, searchParams } = new URL(link);
  const body = JSON.stringify({ token: searchParams.get('token') });
  return `mapae: first administrator: within an hour, with your account's access token: POST ${origin}/v1/admin/claim ${body}\n`;
}
