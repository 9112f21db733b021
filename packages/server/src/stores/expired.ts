import type { Step } from './dialect.ts';

const AT_ONCE = 100;

/** Removes a few of a table's rows that are past their end, in a step that adds one: so the table doesn't grow, and no step is long. */
export async function removeExpired(step: Step, table: 'one_time_tokens' | 'spent', now: number): Promise<void> {
  const expired = await step.selectFrom(table).select('hash').where('expires_at', '<', now).limit(AT_ONCE).execute();
  if (expired.length === 0) return;
  const hashes = expired.map(({ hash }) => hash);
  await step.deleteFrom(table).where('hash', 'in', hashes).execute();
}
