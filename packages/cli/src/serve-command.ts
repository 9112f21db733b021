import type { Command } from 'commander';
import { addSettings, readSettings } from './command-settings.ts';
import { createLog } from './log.ts';
import { serve } from './serve.ts';
import type { Surroundings } from './surroundings.ts';

/** `mapae serve`: runs until it is told to stop. */
export function addServe(program: Command, around: Surroundings): void {
  const command = program.command('serve').description('run the authorization server').exitOverride();
  addSettings(command).action(async (flags: Record<string, unknown>) => {
    const settings = await readSettings(flags, around);
    const log = createLog(settings.logLevel ?? 'info', around.stderr);
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
          around.stderr.write(
            `mapae: first administrator: open this within an hour, signed in: ${serving.firstAdminLink}\n`,
          );
        }
        if (wanted) serving.stop().then(resolve, reject);
      }, reject);
    });
  });
}
