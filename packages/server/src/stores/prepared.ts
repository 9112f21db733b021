import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Context } from './context.ts';
import type { Db, Step } from './dialect.ts';

/** A statement with places for its parameters, put together once for each store. */
export type Prepared<Parameters, Row> = (
  context: Context,
  db: Db | Step,
  parameters: Parameters,
) => Promise<QueryResult<Row>>;

/**
 * For the statements of every request: putting one together costs more than SQLite takes to run it.
 *
 * @param build  Its members of `parameters` stand where a parameter may, and nowhere else. Apart from them the words may depend on
 *   nothing that changes while a store is open.
 */
export function prepare<Parameters extends object, Row>(
  build: (context: Context, parameters: Parameters) => Compilable<Row>,
): Prepared<Parameters, Row> {
  const templates = new WeakMap<Context, CompiledQuery<Row>>();
  return (context, db, parameters) => {
    const template = templates.get(context) ?? build(context, PLACES as Parameters).compile();
    templates.set(context, template);
    const values = template.parameters.map((value) =>
      value instanceof Place ? parameters[value.name as keyof Parameters] : value,
    );
    return db.executeQuery({ ...template, parameters: values });
  };
}

/** Where a parameter of that name goes. */
class Place {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const PLACES = new Proxy({}, { get: (_, name) => new Place(String(name)) });
