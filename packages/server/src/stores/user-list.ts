import { type Expression, type SqlBool, sql } from 'kysely';
import type { AccountStore } from './account-store.ts';
import type { Context } from './context.ts';
import { toUser } from './rows.ts';

export function userList({ db }: Context): Pick<AccountStore, 'listUsers'> {
  return {
    async listUsers({ after, limit, search, role, suspended }) {
      const rows = await db
        .selectFrom('users')
        .selectAll()
        .orderBy('id')
        .limit(limit)
        .$if(after !== undefined, (query) => query.where('id', '>', after ?? ''))
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
