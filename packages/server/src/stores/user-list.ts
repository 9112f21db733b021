import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Expression, type SqlBool, sql } from 'kysely';
import type { AccountStore, UserQuery } from './account-store.ts';
import type { Context } from './context.ts';
import { toUser } from './rows.ts';
import type { User } from './store.ts';

/**
 * Rows that one statement looks at. A search has no index to go by (part of an address, of a name), and an embedded database answers in the
 * process's own thread: of 100,000 users it would be held up for as long as it takes to look at them all.
 */
const SLICE = 1_000;

export function userList({ db }: Context): Pick<AccountStore, 'listUsers'> {
  /** @param upTo  Id of the last one looked at; none for all. */
  async function find(
    { search, role, suspended }: UserQuery,
    range: { readonly after: string | undefined; readonly upTo: string | undefined; readonly limit: number },
  ): Promise<readonly User[]> {
    const rows = await db
      .selectFrom('users')
      .selectAll()
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
      .$if(suspended !== undefined, (query) => query.where('disabled_at', suspended === true ? 'is not' : 'is', null))
      .execute();
    return rows.map(toUser);
  }

  async function endOfSlice(after: string | undefined): Promise<string | undefined> {
    const row = await db
      .selectFrom('users')
      .select('id')
      .where('id', '>', after ?? '')
      .orderBy('id')
      .limit(1)
      .offset(SLICE - 1)
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
