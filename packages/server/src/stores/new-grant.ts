import { generateTimeOrderedId } from '@mapae/jwt';
import type { Context } from './context.ts';
import type { OfflineGrantStart } from './grant-store.ts';
import type { GrantRow } from './tables.ts';

/** What a grant is born with. Times are milliseconds since 1970. */
export interface GrantBirth {
  /** The one in its id. */
  readonly time: number;
  readonly rotatedAt: number;
  /** Of a grant that ends with its session. */
  readonly sessionId?: string;
  /** Of one that outlives it. */
  readonly limits?: { readonly idleExpiresAt: number; readonly absoluteExpiresAt: number };
}

/** The row of a grant that nothing was done with yet. */
export function newGrant(
  context: Context,
  start: Pick<OfflineGrantStart, 'userId' | 'clientId' | 'scope' | 'resources' | 'delivery' | 'secretId'>,
  { time, rotatedAt, sessionId, limits }: GrantBirth,
): GrantRow {
  return {
    id: generateTimeOrderedId(time, context.random),
    session_id: sessionId ?? null,
    user_id: start.userId,
    client_id: start.clientId,
    scope: JSON.stringify(start.scope),
    resources: JSON.stringify(start.resources ?? []),
    delivery: start.delivery,
    created_at: time,
    counter: 0,
    rotated_at: rotatedAt,
    retry_key_hash: null,
    current_presented_at: null,
    secret_id: start.secretId,
    ended_at: null,
    idle_expires_at: limits?.idleExpiresAt ?? null,
    absolute_expires_at: limits?.absoluteExpiresAt ?? null,
  };
}
