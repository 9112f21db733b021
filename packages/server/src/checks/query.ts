import { z } from 'zod';
import { Problem } from '../problem.ts';

/** Parameters of a query, each a schema of a text. */
export type Query = Readonly<Record<string, z.ZodType>>;

/**
 * Reads the query of an address. A parameter that comes twice, that isn't known or that is malformed is refused.
 *
 * @throws {Problem} `request/query`
 */
export function readQuery<Q extends Query>(request: Request, query: Q): z.output<z.ZodObject<Q>> {
  const given = [...new URL(request.url).searchParams];
  const errors = given.flatMap(([name], i) => {
    if (!Object.hasOwn(query, name)) return [{ path: '', message: 'there is a parameter that is not known here' }];
    return given.findIndex(([other]) => other === name) < i ? [{ path: name, message: 'comes twice' }] : [];
  });
  if (errors.length > 0) throw new Problem('request/query', { members: { errors } });
  const parsed = z.strictObject(query).safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data as z.output<z.ZodObject<Q>>;
  throw new Problem('request/query', {
    members: { errors: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) },
  });
}
