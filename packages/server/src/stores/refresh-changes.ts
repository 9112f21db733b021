import type { RefreshPresentation } from './grant-store.ts';
import type { GrantRow, SessionRow } from './tables.ts';

/** How old `last_used_at` may get before an answer `'same'`, which changes nothing else, writes it. */
export const LAST_USED_MS = 60_000;

/** A verdict that hands a token out, and what it was given for. */
export interface Passed {
  readonly verdict: 'advanced' | 'same' | 'retry';
  readonly presentation: RefreshPresentation;
}

/** What a verdict writes on the grant's row; undefined where it leaves it as it is. */
export function grantChanges(
  grant: GrantRow,
  { verdict, presentation }: Passed,
  now: number,
): Partial<GrantRow> | undefined {
  switch (verdict) {
    case 'advanced':
      return {
        counter: grant.counter + 1,
        rotated_at: now,
        retry_key_hash: presentation.retryKeyHash ?? null,
        current_presented_at: null,
        secret_id: presentation.secretId,
        ...(grant.absolute_expires_at === null
          ? {}
          : { idle_expires_at: Math.min(now + presentation.idleSeconds * 1000, grant.absolute_expires_at) }),
      };
    case 'same':
      // from here on the one before is never a lost answer
      return grant.current_presented_at === null ? { current_presented_at: now } : undefined;
    case 'retry':
      return grant.retry_key_hash === null && presentation.retryKeyHash !== undefined
        ? { retry_key_hash: presentation.retryKeyHash }
        : undefined;
  }
}

/** What a verdict writes on the session's row. */
export function sessionChanges(
  session: SessionRow,
  { verdict, presentation }: Passed,
  now: number,
): Partial<SessionRow> | undefined {
  if (verdict === 'same' && Math.abs(now - session.last_used_at) < LAST_USED_MS) return undefined;
  return {
    last_used_at: Math.max(session.last_used_at, now),
    idle_expires_at: Math.min(now + presentation.idleSeconds * 1000, session.absolute_expires_at),
    ip: presentation.ip ?? session.ip,
  };
}
