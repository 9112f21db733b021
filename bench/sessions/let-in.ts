import type { Load, LoadPlan, LoadReport } from '../harness/load.ts';

const TRIES = 3;
/** Of an API that could not ask: a machine that was too busy for a moment. */
const UNAVAILABLE = 503;

/**
 * Sends good requests, and says how that went. A moment in which something could not be asked is measured again.
 *
 * @param measure Runs the load, with whatever is read before and after it.
 * @throws {Error} where good requests are refused.
 */
export async function measureLetIn<T extends { readonly report: LoadReport }>(
  title: string,
  measure: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const measured = await measure();
    const { unexpected, unexpectedStatus } = measured.report;
    if (unexpected === 0) return measured;
    if (tries === TRIES || unexpectedStatus !== UNAVAILABLE)
      throw new Error(`${title} answered ${unexpected} good requests otherwise, the last with ${unexpectedStatus}`);
  }
}

/** The same where nothing is read around it. */
export async function loadLetIn(title: string, load: Load, plan: LoadPlan): Promise<LoadReport> {
  return (await measureLetIn(title, async () => ({ report: await load.run(plan) }))).report;
}
