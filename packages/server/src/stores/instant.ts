import { sql } from 'kysely';
import { plainBytes } from './bytes.ts';
import type { Context } from './context.ts';
import type { Db, Step } from './dialect.ts';
import { prepare } from './prepared.ts';

/** How things stand for everyone, and the time, from one statement. */
export interface Instant {
  readonly now: number;
  readonly epoch: Uint8Array;
  /** Newest published revocation. */
  readonly number: number;
  /** Cut-offs of everyone and of the client that was asked for, whichever is later. */
  readonly sessionsCutoff: number;
  readonly tokensCutoff: number;
  readonly accessTokenSeconds: number;
}

const standing = prepare(({ db, now }, { clientId }: { readonly clientId: string }) =>
  db
    .selectFrom('meta')
    .leftJoin('client_cutoffs', (join) => join.on('client_cutoffs.client_id', '=', clientId))
    .select(['meta.epoch', 'meta.number', 'meta.sessions_cutoff', 'meta.tokens_cutoff', 'meta.access_token_seconds'])
    .select(['client_cutoffs.sessions_cutoff as client_sessions', 'client_cutoffs.tokens_cutoff as client_tokens'])
    .select((typeof now === 'function' ? sql<number>`0` : now).as('now')),
);

/** Reads the time and what holds for everyone. In a step that locks, call it after the last lock: waiting takes time. */
export async function readInstant(context: Context, db: Db | Step, clientId = ''): Promise<Instant> {
  const {
    rows: [row],
  } = await standing(context, db, { clientId });
  if (row === undefined) throw new Error('unreachable: there is one row of meta');
  return {
    now: typeof context.now === 'function' ? Math.floor(context.now()) : row.now,
    epoch: plainBytes(row.epoch),
    number: row.number,
    sessionsCutoff: Math.max(row.sessions_cutoff, row.client_sessions ?? 0),
    tokensCutoff: Math.max(row.tokens_cutoff, row.client_tokens ?? 0),
    accessTokenSeconds: row.access_token_seconds,
  };
}
