import { DummyDriver, Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Db, Step, StoreDialect } from './dialect.ts';
import { migrations, type SchemaStep } from './migrations.ts';
import type { Tables } from './tables.ts';

/** How a database's schema stands to this program. */
export interface SchemaState {
  /** Names of the steps that were applied, in their order. */
  readonly applied: readonly string[];
  /** Those that this program knows and the database has not had. */
  readonly pending: readonly string[];
  /** Those that a newer program applied. */
  readonly newer: readonly string[];
  /** Whether this program may work on it, once `pending` is applied: nothing newer, or nothing that it would stumble over. */
  readonly usable: boolean;
}

/** What a step would do. */
export interface PlannedStep {
  readonly name: string;
  readonly statements: readonly string[];
}

/** The schema is not one that this program works on. Nothing was changed. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
  readonly code: 'schema/behind' | 'schema/ahead';

  constructor(code: 'schema/behind' | 'schema/ahead', steps: readonly string[]) {
    super(
      code === 'schema/behind'
        ? `the database's schema is behind this program: ${steps.join(', ')}`
        : `the database's schema is newer than this program: ${steps.join(', ')}`,
    );
    this.code = code;
  }
}

/** Kysely's own table, one row a step. */
const APPLIED = 'kysely_migration';
/** One row: the step that a program must know. Ours, since an older program can't ask a step that it doesn't know. */
const FLOOR = 'schema_floor';
const CREATE_FLOOR = `create table if not exists ${FLOOR} (id integer primary key, step text not null)`;

export async function readSchema(db: Db | Step, dialect: StoreDialect): Promise<SchemaState> {
  const known = Object.keys(migrations(dialect.columns)).sort();
  const applied = await readNames(db, dialect, { table: APPLIED, column: 'name' });
  const [floor] = await readNames(db, dialect, { table: FLOOR, column: 'step' });
  const newer = applied.filter((name) => !known.includes(name));
  const pending = known.filter((name) => !applied.includes(name));
  return {
    applied,
    pending,
    newer,
    // newer in one place and behind in another: that database belongs to a program of another line
    usable: newer.length === 0 || (pending.length === 0 && floor !== undefined && known.includes(floor)),
  };
}

async function readNames(
  db: Db | Step,
  dialect: StoreDialect,
  { table, column }: { readonly table: string; readonly column: string },
): Promise<readonly string[]> {
  if (!(await dialect.hasTable(db, table))) return [];
  const { rows } = await sql<{
    name: string;
  }>`select ${sql.ref(column)} as name from ${sql.table(table)} order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/** What opening a store does about the schema. @throws {SchemaMismatch} */
export async function prepareSchema(dialect: StoreDialect, policy: 'apply' | 'fill'): Promise<void> {
  const db = new Kysely<Tables>({ dialect: dialect.patient });
  const state = await readSchema(db, dialect);
  if (!state.usable) throw new SchemaMismatch('schema/ahead', state.newer);
  if (state.pending.length === 0) return;
  if (policy === 'fill' && (await isFilled(db, dialect, state)))
    throw new SchemaMismatch('schema/behind', state.pending);
  await migrate(db, dialect);
}

async function isFilled(db: Db, dialect: StoreDialect, { applied }: SchemaState): Promise<boolean> {
  return applied.length > 0 || dialect.hasTable(db, 'users');
}

/**
 * Brings the schema up to date, forward only, in one step: a failure leaves the old schema.
 *
 * The lock is taken before anything is looked at, so of several processes on one database one migrates and the others
 * find it done.
 *
 * @returns Names of the steps that this call applied.
 * @throws {SchemaMismatch} `schema/ahead`
 */
export async function migrate(db: Db, dialect: StoreDialect): Promise<readonly string[]> {
  return db.transaction().execute(async (step) => {
    await dialect.lock(step, 'migrate', 'exclusive');
    const { pending, newer } = await readSchema(step, dialect);
    if (newer.length > 0) throw new SchemaMismatch('schema/ahead', newer);
    if (pending.length === 0) return [];
    const steps = migrations(dialect.columns);
    const provider = { getMigrations: () => Promise.resolve(steps) };
    const { error } = await new Migrator({ db: step, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    for (const statement of floorStatements(steps)) await sql.raw(statement).execute(step);
    return pending;
  });
}

/** What {@link migrate} would do now, as SQL. Runs nothing and takes no lock. */
export async function planMigration(db: Db, dialect: StoreDialect): Promise<readonly PlannedStep[]> {
  const { pending, newer } = await readSchema(db, dialect);
  if (newer.length > 0) throw new SchemaMismatch('schema/ahead', newer);
  const steps = migrations(dialect.columns);
  const planned: PlannedStep[] = [];
  for (const name of pending) {
    const step = steps[name];
    if (step !== undefined) planned.push({ name, statements: await compile(step, dialect) });
  }
  return planned;
}

/** The statements of a step, caught on their way to a driver that does nothing. */
async function compile(step: SchemaStep, { kysely }: StoreDialect): Promise<readonly string[]> {
  const statements: string[] = [];
  const recorder = new Kysely<unknown>({
    dialect: {
      createAdapter: () => kysely.createAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => kysely.createIntrospector(db),
      createQueryCompiler: () => kysely.createQueryCompiler(),
    },
    log({ query }) {
      if (query.parameters.length > 0) throw new Error('unreachable: a step of the schema has parameters');
      statements.push(query.sql);
    },
  });
  await step.up(recorder);
  return statements;
}

function floorStatements(steps: Record<string, SchemaStep>): readonly string[] {
  const floors = Object.values(steps).flatMap(({ floor }) => floor ?? []);
  const floor = floors.sort().at(-1) ?? Object.keys(steps).sort()[0];
  return [CREATE_FLOOR, `delete from ${FLOOR}`, `insert into ${FLOOR} (id, step) values (1, '${floor}')`];
}
