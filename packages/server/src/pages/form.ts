import type { z } from 'zod';
import { readForm } from '../checks/body.ts';

/** What a person sent with a form; a field that isn't there is empty. */
export interface Form {
  get(name: string): string;
}

/** Reads the form of a page. @throws {Problem} as {@link readForm} */
export async function readSentForm(request: Request): Promise<Form> {
  const fields = await readForm(request);
  return { get: (name) => fields.get(name) ?? '' };
}

/** A form's fields as an operation takes them, or the names of those that it doesn't take. */
export type ParsedFields<T> = { readonly data: T } | { readonly wrong: readonly string[] };

/** Judges fields by the shape of the operation that they are for. */
export function parseFields<Schema extends z.ZodType>(
  schema: Schema,
  values: Readonly<Record<string, unknown>>,
): ParsedFields<z.output<Schema>> {
  const parsed = schema.safeParse(values);
  if (parsed.success) return { data: parsed.data };
  return { wrong: [...new Set(parsed.error.issues.map(({ path }) => String(path[0] ?? '')))] };
}
