import type { Instant } from './instant.ts';
import type { UserRow } from './tables.ts';

/**
 * The time that an access token made by this step carries in its `jti`: no later than what the rows say of the last use,
 * and strictly after every tokens cut-off there was. So a cut-off at the last use of anything covers every token before it,
 * whatever the clock did in between.
 *
 * @param lastUsedAt  Of the session as the step leaves it; of a grant without one, when its counter last moved.
 */
export function tokensFrom(user: UserRow, instant: Instant, lastUsedAt: number): number {
  return Math.max(lastUsedAt, user.tokens_cutoff + 1, instant.tokensCutoff + 1);
}
