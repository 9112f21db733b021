import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { idsOfAMonth, refreshTokenWriter } from './refresh-tokens.ts';

/** Rows that a real sign-in made, copied under new ids: so many sessions with a grant each, whose tokens were never presented. */
export interface ManySessions {
  /** Refresh tokens of some of them, spread over all. */
  readonly refreshTokens: readonly string[];
}

export interface ManySessionsOptions {
  readonly count: number;
  /** How many refresh tokens are wanted. */
  readonly tokens: number;
  readonly secret: string;
}

/** The last advance was long ago: the next refresh is a rotation. */
const ROTATED_BEFORE_MS = 3_600_000;
const AT_ONCE = 10_000;

export function fillSqlite(file: string, { count, tokens, secret }: ManySessionsOptions): ManySessions {
  const database = new DatabaseSync(file);
  const columns = (table: string): string[] =>
    database
      .prepare(`select name from pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name));
  const copies = copyStatements(columns('sessions'), columns('grants'), '?2', '?1');
  const template = String(database.prepare('select session_id from grants limit 1').get()?.['session_id']);
  const [session, grant] = [database.prepare(copies.session), database.prepare(copies.grant)];
  const [sessionIds, grantIds] = [idsOfAMonth(count), idsOfAMonth(count)];
  database.exec('begin');
  for (const [index, id] of sessionIds.entries()) {
    session.run(null, id, template);
    grant.run(grantIds[index] ?? '', id, template);
  }
  database.exec('commit');
  const { epoch } = database.prepare('select epoch from meta').get() ?? {};
  database.close();
  if (!(epoch instanceof Uint8Array)) throw new Error('the database has no epoch');
  return { refreshTokens: sample(grantIds, tokens).map(refreshTokenWriter(secret, epoch)) };
}

export async function fillPostgres(url: string, { count, tokens, secret }: ManySessionsOptions): Promise<ManySessions> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const columns = async (table: string): Promise<string[]> => {
      const { rows } = await client.query<{ readonly column_name: string }>(
        'select column_name from information_schema.columns where table_schema = current_schema() and table_name = $1',
        [table],
      );
      return rows.map(({ column_name }) => column_name);
    };
    const copies = copyStatements(await columns('sessions'), await columns('grants'), 'made_session', 'made_id');
    const made = 'unnest($1::text[], $2::text[]) as made (made_id, made_session)';
    const { rows: grants } = await client.query<{ readonly session_id: string }>(
      'select session_id from grants limit 1',
    );
    const template = grants[0]?.session_id;
    const kept: string[] = [];
    for (let done = 0; done < count; done += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - done);
      const ids = [idsOfAMonth(size), idsOfAMonth(size)];
      for (const statement of [copies.session, copies.grant])
        await client.query(statement.replace(' where ', `, ${made} where `).replace('?3', '$3'), [...ids, template]);
      kept.push(...sample(ids[0] ?? [], Math.ceil((tokens * size) / count)));
    }
    await client.query('vacuum analyze');
    const { rows } = await client.query<{ readonly epoch: Uint8Array }>('select epoch from meta');
    const [meta] = rows;
    if (meta === undefined) throw new Error('the database has no epoch');
    return { refreshTokens: sample(kept, tokens).map(refreshTokenWriter(secret, meta.epoch)) };
  } finally {
    await client.end();
  }
}

/** Copies a session and its grant with new ids; every other column as it is, whatever columns there are. */
function copyStatements(
  sessionColumns: readonly string[],
  grantColumns: readonly string[],
  newSession: string,
  newGrant: string,
): { readonly session: string; readonly grant: string } {
  const copy = (table: string, key: string, columns: readonly string[], changes: Readonly<Record<string, string>>) => {
    const names = columns.map((column) => `"${column}"`).join(', ');
    const values = columns.map((column) => changes[column] ?? `"${column}"`).join(', ');
    return `insert into ${table} (${names}) select ${values} from ${table} where ${key} = ?3`;
  };
  return {
    session: copy('sessions', 'id', sessionColumns, { id: newSession }),
    grant: copy('grants', 'session_id', grantColumns, {
      id: newGrant,
      session_id: newSession,
      rotated_at: `rotated_at - ${ROTATED_BEFORE_MS}`,
    }),
  };
}

/** So many of them, evenly spread. */
function sample(ids: readonly string[], count: number): string[] {
  const step = Math.max(1, ids.length / count);
  return Array.from({ length: Math.min(count, ids.length) }, (_, index) => ids[Math.floor(index * step)] ?? '');
}
