import { refuse } from './refusal.ts';

/**
 * Remembers proofs that were used. Several processes of one API may share one that stands on a database: then a proof is good once over all
 * of them.
 */
export interface ProofReplays {
  /**
   * Notes that a proof was used, in one step: of any number of calls with the same key, exactly one answers true.
   *
   * @param key 43 characters of base64url.
   * @param untilMs Milliseconds since 1970 until which it has to be remembered.
   * @returns True the first time.
   */
  spend(key: string, untilMs: number, nowMs: number): boolean | Promise<boolean>;
}

/**
 * A store in memory.
 *
 * @param maxEntries With so many that are still to be remembered, further proofs are refused with 503 `verifier/busy`: forgetting one
 *   would let it in twice.
 */
export function createProofReplays(maxEntries: number): ProofReplays {
  // in order of arrival, which is nearly that of their ends
  const ends = new Map<string, number>();

  function sweep(nowMs: number): void {
    for (const [key, end] of ends) {
      if (end > nowMs) break;
      ends.delete(key);
    }
  }

  return {
    spend(key, untilMs, nowMs) {
      const end = ends.get(key);
      if (end !== undefined) return false;
      sweep(nowMs);
      if (ends.size >= maxEntries) {
        for (const [old, oldEnd] of ends) if (oldEnd <= nowMs) ends.delete(old);
        if (ends.size >= maxEntries) throw refuse('verifier/busy');
      }
      ends.set(key, untilMs);
      return true;
    },
  };
}
