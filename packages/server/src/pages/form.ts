import type { z } from 'zod';
import { readBytes } from '../checks/body.ts';
import { Problem } from '../problem.ts';

/** What a person sent with a form; a field that isn't there is empty. */
export interface Form {
  get(name: string): string;
}

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads the body of a form, at most 64 KiB of it.
 *
 * @throws {Problem} `request/content-type`, `request/too-large`, `request/malformed`, `request/invalid` for a field that comes twice
 */
export async function readForm(request: Request): Promise<Form> {
  if (!FORM_TYPE.test(request.headers.get('content-type') ?? '') || request.headers.has('content-encoding'))
    throw new Problem('request/content-type', { detail: 'a form sends application/x-www-form-urlencoded' });
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(decode(await readBytes(request)))) {
    if (fields.has(name)) throw new Problem('request/invalid');
    fields.set(name, value);
  }
  return { get: (name) => fields.get(name) ?? '' };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('request/malformed');
  }
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
