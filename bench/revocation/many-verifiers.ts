import { setTimeout as pause } from 'node:timers/promises';
import { type ServerProcess, startServer } from '../harness/server-process.ts';
import type { Account } from '../servers/account.ts';

export interface VerifiersSettings {
  readonly issuer: string;
  readonly api: string;
  readonly count: number;
}

/** When each verifier refused, ns of the machine's monotonic clock as text; -1 where it never did. */
export interface Watched {
  readonly refusedAt: readonly string[];
}

/** On both cores: one alone would do the work of a hundred machines in turn, and that is what would be measured. */
const PROCESSES = 4;

/** From sending a sign-out to its refusal, ms: of every verifier in every round, and of the last one in each round. */
export interface ManyVerifiers {
  readonly each: readonly number[];
  readonly last: readonly number[];
}

export async function measureManyVerifiers(
  account: Account,
  settings: VerifiersSettings,
  rounds: number,
): Promise<ManyVerifiers> {
  const processes: ServerProcess<{ readonly port: number }>[] = [];
  const each: number[] = [];
  const last: number[] = [];
  try {
    for (let index = 0; index < PROCESSES; index++) {
      const program = new URL('./servers/verifiers.ts', import.meta.url);
      processes.push(
        await startServer(program, { ...settings, count: settings.count / PROCESSES }, { core: index % 2 }),
      );
    }
    const ask = async (what: string, token: string): Promise<string[]> =>
      Promise.all(
        processes.map(async ({ ready }) => (await fetch(`http://127.0.0.1:${ready.port}/${what}/${token}`)).text()),
      );
    for (let round = 0; round < rounds; round++) {
      const { accessToken, refreshToken } = await account.signIn();
      const accepted = (await ask('accepts', accessToken)).reduce((sum, count) => sum + Number(count), 0);
      if (accepted !== settings.count)
        throw new Error(`${accepted} of ${settings.count} verifiers accept a good token`);
      const watched = ask('watch', accessToken);
      await pause(20);
      const sent = process.hrtime.bigint();
      await account.signOut(refreshToken);
      const times = (await watched).flatMap((text) => (JSON.parse(text) as Watched).refusedAt).map(BigInt);
      if (times.some((at) => at < sent)) throw new Error('a verifier never refused, or before there was a reason');
      const took = times.map((at) => Number(at - sent) / 1e6);
      each.push(...took);
      last.push(Math.max(...took));
    }
    return { each, last };
  } finally {
    await Promise.all(processes.map((one) => one.stop()));
  }
}
