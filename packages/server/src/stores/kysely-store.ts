import { randomBytes } from 'node:crypto';
import { Kysely } from 'kysely';
import { accessTokens } from './access-tokens.ts';
import { accountChanges } from './account-changes.ts';
import { accounts } from './accounts.ts';
import { audit } from './audit.ts';
import { cleanUp } from './clean-up.ts';
import type { Context } from './context.ts';
import { cutOffs } from './cut-off.ts';
import type { StoreDialect } from './dialect.ts';
import { ensureMeta, epoch } from './epoch.ts';
import { grants } from './grants.ts';
import { logins } from './logins.ts';
import { offlineGrants } from './offline-grants.ts';
import { oneTimeTokens } from './one-time-tokens.ts';
import { outbox } from './outbox.ts';
import { createRateLimits, type LimitTables, rateLimits } from './rate-limits.ts';
import { revocations } from './revocations.ts';
import { revoke } from './revoke.ts';
import { prepareSchema } from './schema.ts';
import { secrets } from './secrets.ts';
import { sessions } from './sessions.ts';
import { signingKeys } from './signing-keys.ts';
import { state } from './state.ts';
import type { Store, StoreOptions } from './store.ts';
import type { Tables } from './tables.ts';
import { userList } from './user-list.ts';

const ACCESS_TOKEN_SECONDS = 300;

/** Opens a store over a dialect: the one implementation of the contract there is. */
export async function openStore(dialect: StoreDialect, options: StoreOptions): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: dialect.kysely });
  const context: Context = {
    db,
    dialect,
    issuer: options.issuer,
    random: options.random ?? randomBytes,
    now: options.clock ?? dialect.now,
  };
  const limitsDb = new Kysely<LimitTables>({ dialect: dialect.limits ?? dialect.kysely });
  const close = async (): Promise<void> => {
    await db.destroy();
    if (dialect.limits !== undefined) await limitsDb.destroy();
  };
  try {
    if (dialect.limits !== undefined) await createRateLimits(limitsDb, dialect.columns);
    await prepareSchema(dialect, options.schema ?? 'apply');
    await ensureMeta(context, options.accessTokenSeconds ?? ACCESS_TOKEN_SECONDS);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...accounts(context),
    ...accountChanges(context),
    ...oneTimeTokens(context),
    ...userList(context),
    ...outbox(context),
    ...audit(context),
    ...logins(context),
    ...sessions(context),
    ...grants(context),
    ...offlineGrants(context),
    ...cutOffs(context),
    ...signingKeys(context),
    ...secrets(context),
    ...revocations(context),
    ...revoke(context),
    ...accessTokens(context),
    ...epoch(context),
    ...rateLimits(context, limitsDb),
    ...cleanUp(context),
    ...state(context),
    close,
  };
}
