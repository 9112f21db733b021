import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { AccountStore, UserQuery } from './account-store.ts';
import type { Context } from './context.ts';
import { toUser } from './rows.ts';
import type { User } from './user-store.ts';

/**
 * Users that one statement looks at. A search goes by part of an address or name, which no order of an index helps to find: an embedded database
 * holds up everybody else meanwhile, and they are served between two slices. Another one takes a way to and fro for each.
 */
const SLICE = { embedded: 1_000, other: 25_000 };

/** All that a search or filter judges, in order of id: whom it doesn't find, no row is read of. docs/adr/0069 */
export async function indexUserList(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('users_list')
    .on('users')
    .columns(['id', 'email', 'name', 'roles', 'disabled_at'])
    .execute();
}

export function userList({ db, dialect }: Context): Pick<AccountStore, 'listUsers'> {
  const slice = dialect.isEmbedded ? SLICE.embedded : SLICE.other;

  /** @param upTo  Id of the last one looked at; none for all. */
  async function find(
    { search, role, suspended }: UserQuery,
    range: { readonly after: string | undefined; readonly upTo: string | undefined; readonly limit: number },
  ): Promise<readonly User[]> {
    const found = db
      .selectFrom('users')
      .select('id')
      .orderBy('id')
      .limit(range.limit)
      .$if(range.after !== undefined, (query) => query.where('id', '>', range.after ?? ''))
      .$if(range.upTo !== undefined, (query) => query.where('id', '<=', range.upTo ?? ''))
      .$if(search !== undefined, (query) => {
        const pattern = `%${escapeLike((search ?? '').toLowerCase())}%`;
        return query.where((e) =>
          e.or([likeEscaped(e.ref('email'), pattern), likeEscaped(e.fn('lower', ['name']), pattern)]),
        );
      })
      .$if(role !== undefined, (query) =>
        query.where((e) => likeEscaped(e.ref('roles'), `%${escapeLike(JSON.stringify(role ?? ''))}%`)),
      )
      .$if(suspended !== undefined, (query) => query.where('disabled_at', suspended === true ? 'is not' : 'is', null));
    const rows = await db.selectFrom('users').selectAll().where('id', 'in', found).orderBy('id').execute();
    return rows.map(toUser);
  }

  async function endOfSlice(after: string | undefined): Promise<string | undefined> {
    const row = await db
      .selectFrom('users')
      .select('id')
      .where('id', '>', after ?? '')
      .orderBy('id')
      .limit(1)
      .offset(slice - 1)
      .executeTakeFirst();
    return row?.id;
  }

  return {
    async listUsers(query) {
      const { search, role, suspended, limit } = query;
      if (search === undefined && role === undefined && suspended === undefined)
        return find(query, { after: query.after, upTo: undefined, limit });
      const found: User[] = [];
      for (let after = query.after; ; ) {
        const upTo = await endOfSlice(after);
        found.push(...(await find(query, { after, upTo, limit: limit - found.length })));
        if (found.length === limit || upTo === undefined) return found;
        after = upTo;
        // others are served between two slices
        await nextTurn();
      }
    },
  };
}

/** Part of a text, with what LIKE takes for a wildcard taken as it is. */
function likeEscaped(text: Expression<unknown>, pattern: string): Expression<SqlBool> {
  return sql<SqlBool>`${text} like ${pattern} escape '\\'`;
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
