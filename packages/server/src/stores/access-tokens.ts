import { timeOfId } from '@mapae/jwt';
import { blindRevocationId } from '@mapae/verifier';
import { type Kysely, sql } from 'kysely';
import type { TokenIds } from './access-token-store.ts';
import { equalBytes } from './bytes.ts';
import { type Context, nowExpression } from './context.ts';
import type { StoreDialect } from './dialect.ts';
import { CODES } from './revocation-rows.ts';
import type { Store } from './store.ts';

type AccessTokens = Pick<Store, 'keepAccessToken' | 'findAccessToken' | 'isTokenOver' | 'pruneAccessTokens'>;

/** Records of opaque access tokens, and what single tokens are looked up by. */
export async function createAccessTokenTables(
  db: Kysely<unknown>,
  { bytes }: Pick<StoreDialect['columns'], 'bytes'>,
): Promise<void> {
  await db.schema
    .createTable('access_tokens')
    .addColumn('hash', bytes, (c) => c.primaryKey().notNull())
    .addColumn('user_id', 'text', (c) => c.notNull())
    .addColumn('claims', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('access_tokens_of_user').on('access_tokens').column('user_id').execute();
  await db.schema.createIndex('access_tokens_by_end').on('access_tokens').column('expires_at').execute();
  await db.schema.createIndex('revocations_by_id').on('revocations').column('blind_id').execute();
}

export function accessTokens(context: Context): AccessTokens {
  return {
    async keepAccessToken({ hash, userId, claims, expiresAt }) {
      await context.db
        .insertInto('access_tokens')
        .values({ hash, user_id: userId, claims: JSON.stringify(claims), expires_at: expiresAt })
        .execute();
    },

    async findAccessToken(hash) {
      const row = await context.db
        .selectFrom('access_tokens')
        .selectAll()
        .where('hash', '=', hash)
        .where('expires_at', '>', nowExpression(context))
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const claims = JSON.parse(row.claims) as Readonly<Record<string, unknown>>;
      return { hash, userId: row.user_id, claims, expiresAt: row.expires_at };
    },

    async isTokenOver(token) {
      const [revoked, gone] = await Promise.all([isRevoked(context, token), isGone(context, token)]);
      return revoked || gone;
    },

    async pruneAccessTokens(limit) {
      const past = context.db
        .selectFrom('access_tokens')
        .select('hash')
        .where('expires_at', '<', nowExpression(context))
        .orderBy('expires_at')
        .limit(limit);
      const { numDeletedRows } = await context.db
        .deleteFrom('access_tokens')
        .where('hash', 'in', past)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** What every verifier asks its list, asked of the rows themselves, published or not. docs/protocol.md §5 */
async function isRevoked(context: Context, { subject, sessionId, clientId, tokenId }: TokenIds): Promise<boolean> {
  const values = { session: sessionId, token: tokenId, client: clientId, subject, everyone: '' };
  const wanted = Object.values(CODES).flatMap(({ target, of }, index) => {
    const value = values[target];
    if (value === undefined) return [];
    const made = of === undefined ? undefined : timeOfId(of === 'sessions' ? (sessionId ?? tokenId) : tokenId);
    return [{ code: index + 1, id: blindRevocationId(context.issuer, target, value), made }];
  });
  const rows = await context.db
    .selectFrom('revocations')
    .select(['code', 'blind_id', 'before'])
    .where('blind_id', 'in', [...new Map(wanted.map(({ id }) => [Buffer.from(id).toString('hex'), id])).values()])
    .execute();
  return rows.some((row) =>
    wanted.some(
      ({ code, id, made }) =>
        code === row.code && equalBytes(id, row.blind_id) && (made === undefined || made <= row.before),
    ),
  );
}

/** The person or the session is no more, or over. One statement. */
async function isGone(context: Context, { subject, sessionId }: TokenIds): Promise<boolean> {
  const row = await context.db
    .selectFrom('users')
    .leftJoin('sessions', (join) => join.on('sessions.id', '=', sessionId ?? ''))
    .select(['users.disabled_at', 'sessions.id as session', 'sessions.ended_at'])
    .select(sql<number>`sessions.absolute_expires_at`.as('end'))
    .select(nowExpression(context).as('now'))
    .where('users.id', '=', subject)
    .executeTakeFirst();
  if (row === undefined || row.disabled_at !== null) return true;
  if (sessionId === undefined) return false;
  return row.session === null || row.ended_at !== null || row.end <= row.now;
}
