import { type RawBuilder, sql } from 'kysely';
import type { RefreshPresentation } from './grant-store.ts';
import { LATE_MS } from './judge-refresh.ts';
import { LAST_USED_MS } from './refresh-changes.ts';
import type { GrantRow, SessionRow, UserRow } from './tables.ts';

/** A number of its own for each version: two versions of the server may run side by side. */
const NAME = 'mapae_present_refresh_1';

/**
 * The table of docs/protocol.md §2 inside PostgreSQL: one statement, one round trip, and the locks are held for no longer
 * than it runs. It knows what `judgeRefresh` knows, and a test holds the two to each other over every row of the table.
 *
 * A function and no `with … update`: each statement inside sees what was committed when its lock was granted, where one
 * large statement would judge after the wait by what it saw before. Locks go in the order of every step: cut-offs, user,
 * session, grant. docs/adr/0030-one-statement-refresh.md
 *
 * A replay is told and not acted on: ending a session is one piece of code, in a step of its own that judges again.
 *
 * @param lockSpace  First half of the key of our advisory locks.
 * @param cutoffs    Second half, of the lock that moves of cut-offs take exclusively.
 */
export function createRefreshFunction(lockSpace: number, cutoffs: number): RawBuilder<unknown> {
  return sql.raw(`
create function ${NAME}(
  p_grant text, p_counter bigint, p_epoch bytea, p_delivery text, p_key bytea, p_waited bigint,
  p_window bigint, p_idle bigint, p_secret text, p_ip text, p_now bigint
) returns table (verdict text, taken_at bigint, tokens_from bigint, grant_row json, session_row json, user_row json)
language plpgsql volatile as $body$
declare
  g grants; s sessions; u users; m record; recent boolean; age bigint; waited bigint; idle_end bigint; whole_end bigint;
begin
  perform pg_advisory_xact_lock_shared(${lockSpace}, ${cutoffs});
  select * into g from grants where id = p_grant;
  if not found then verdict := 'unknown'; return next; return; end if;
  select * into u from users where id = g.user_id for share;
  if g.session_id is not null then select * into s from sessions where id = g.session_id for update; end if;
  select * into g from grants where id = p_grant for update;
  select meta.epoch, greatest(meta.sessions_cutoff, c.sessions_cutoff) as sessions_cutoff,
      greatest(meta.tokens_cutoff, c.tokens_cutoff) as tokens_cutoff
    into m from meta left join client_cutoffs c on c.client_id = g.client_id;
  taken_at := coalesce(p_now, floor(extract(epoch from clock_timestamp()) * 1000)::bigint);
  waited := p_waited + floor(extract(epoch from clock_timestamp() - statement_timestamp()) * 1000)::bigint;
  idle_end := coalesce(s.idle_expires_at, g.idle_expires_at);
  whole_end := coalesce(s.absolute_expires_at, g.absolute_expires_at);

  if m.epoch <> p_epoch then verdict := 'epoch';
  elsif waited > ${LATE_MS} then verdict := 'late';
  elsif g.ended_at is not null or s.ended_at is not null or u.disabled_at is not null
      or coalesce(s.created_at, g.created_at) <= greatest(u.sessions_cutoff, m.sessions_cutoff)
      or g.delivery <> p_delivery or taken_at >= idle_end or taken_at >= whole_end then verdict := 'ended';
  elsif p_counter > g.counter then verdict := 'ahead';
  else
    age := taken_at - waited - g.rotated_at;
    recent := age <= p_window and age >= -(p_window + ${LATE_MS});
    if p_counter = g.counter then verdict := case when recent then 'same' else 'advanced' end;
    elsif p_counter = g.counter - 1 and (recent or coalesce(g.current_presented_at is null and g.retry_key_hash = p_key, false))
      then verdict := 'retry';
    else verdict := 'replayed';
    end if;
  end if;
  if verdict not in ('advanced', 'same', 'retry') then return next; return; end if;

  if verdict = 'advanced' then
    update grants set counter = counter + 1, rotated_at = taken_at, retry_key_hash = p_key, current_presented_at = null,
      secret_id = p_secret where id = g.id returning * into g;
  elsif verdict = 'same' and g.current_presented_at is null then
    update grants set current_presented_at = taken_at where id = g.id returning * into g;
  elsif verdict = 'retry' and g.retry_key_hash is null and p_key is not null then
    update grants set retry_key_hash = p_key where id = g.id returning * into g;
  end if;
  if s.id is not null and (verdict <> 'same' or abs(taken_at - s.last_used_at) >= ${LAST_USED_MS}) then
    update sessions set last_used_at = greatest(last_used_at, taken_at),
      idle_expires_at = least(taken_at + p_idle, absolute_expires_at), ip = coalesce(p_ip, ip)
      where id = s.id returning * into s;
  elsif s.id is null and verdict = 'advanced' then
    update grants set idle_expires_at = least(taken_at + p_idle, absolute_expires_at) where id = g.id returning * into g;
  end if;
  tokens_from := greatest(coalesce(s.last_used_at, g.rotated_at), u.tokens_cutoff + 1, m.tokens_cutoff + 1);
  grant_row := row_to_json(g);
  if s.id is not null then session_row := row_to_json(s); end if;
  user_row := row_to_json(u);
  return next;
end
$body$`);
}

/** What the function answers; rows only where a token is handed out. Bytes in them are text and stay unread. */
export interface RefreshFunctionRow {
  readonly verdict: 'advanced' | 'same' | 'retry' | 'replayed' | 'ahead' | 'ended' | 'unknown' | 'epoch' | 'late';
  readonly taken_at: number;
  readonly tokens_from: number;
  readonly grant_row: GrantRow | null;
  readonly session_row: SessionRow | null;
  readonly user_row: UserRow | null;
}

/** @returns A statement that answers no row where there is no such grant, or it is not for the target. */
export function callRefreshFunction(
  presentation: RefreshPresentation,
  now: number | undefined,
): RawBuilder<RefreshFunctionRow> {
  const { grantId, counter, epoch, delivery, retryKeyHash, secretId, ip, target } = presentation;
  const parameters = [
    sql`${grantId}::text`,
    sql`${counter}::bigint`,
    sql`${epoch}::bytea`,
    sql`${delivery}::text`,
    sql`${retryKeyHash ?? null}::bytea`,
    sql`${Math.ceil(presentation.waitedMs())}::bigint`,
    sql`${presentation.windowSeconds * 1000}::bigint`,
    sql`${presentation.idleSeconds * 1000}::bigint`,
    sql`${secretId}::text`,
    sql`${ip ?? null}::text`,
    sql`${now ?? null}::bigint`,
  ];
  // what a grant is for never changes: it is read without a lock, and the function is not called for anything else
  return sql<RefreshFunctionRow>`select r.* from grants g cross join lateral ${sql.raw(NAME)}(${sql.join(parameters)}) r
    where g.id = ${grantId} and (${target === undefined} or g.resources = '[]' or g.resources::jsonb ? ${target?.audience ?? ''}::text)
      and g.scope::jsonb @> ${JSON.stringify(target?.scopes ?? [])}::jsonb`;
}
