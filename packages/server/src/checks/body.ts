import { JsonMalformed, parseStrictJson } from '@mapae/jwt';
import type { z } from 'zod';
import { Problem } from '../problem.ts';

const LARGEST = 64 * 1_024;
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;
const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads a JSON body of a known shape. Never takes more than 64 KiB from the network, never echoes a value.
 *
 * @throws {Problem} `request/content-type`, `request/too-large`, `request/malformed`, `request/invalid`
 */
export async function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  // compressed bodies are not taken: what they grow to is known too late. RFC 9110 §15.5.16
  if (!JSON_TYPE.test(request.headers.get('content-type') ?? '') || request.headers.has('content-encoding'))
    throw new Problem('request/content-type');
  return validate(parse(await readBytes(request)), schema);
}

/** The same, where a body may be left out. */
export async function readOptionalBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (request.headers.get('content-type') !== null) return readBody(request, schema);
  if ((await readBytes(request)).length > 0) throw new Problem('request/content-type');
  return validate({}, schema);
}

/**
 * Reads a form. Never takes more than 64 KiB from the network, nor bytes that are no UTF-8.
 *
 * @returns Its fields as they came, some perhaps twice.
 * @throws {Problem} `request/content-type`, `request/too-large`, `request/malformed`
 */
export async function readFormFields(request: Request): Promise<URLSearchParams> {
  if (!FORM_TYPE.test(request.headers.get('content-type') ?? '') || request.headers.has('content-encoding'))
    throw new Problem('request/content-type', { detail: 'a form is application/x-www-form-urlencoded here' });
  return new URLSearchParams(decode(await readBytes(request)));
}

/**
 * Reads a form that has each field once.
 *
 * @throws {Problem} as {@link readFormFields}, and `request/invalid` for a field that comes twice
 */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const form = new Map<string, string>();
  for (const [name, value] of await readFormFields(request)) {
    if (form.has(name)) throw new Problem('request/invalid', { detail: 'a field comes twice' });
    form.set(name, value);
  }
  return form;
}

/**
 * Reads the form of an OAuth request.
 *
 * @returns Parameters by name; empty ones are left out, as if they had not been sent.
 * @throws {Problem} `request/too-large`, `invalid_request`
 * @see RFC 6749 §3.2
 */
export async function readOAuthForm(request: Request): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map([...(await readForm(request))].filter(([, value]) => value !== ''));
  } catch (error) {
    if (error instanceof Problem && error.code !== 'request/too-large')
      throw invalidRequest('the body is application/x-www-form-urlencoded in UTF-8, each parameter once');
    throw error;
  }
}

export function invalidRequest(detail: string): Problem {
  // RFC 6749 §5.2: the name under which OAuth clients look for it
  return new Problem('invalid_request', { detail, members: { error: 'invalid_request' } });
}

/** The bytes of a body. @throws {Problem} `request/too-large`, `request/malformed` */
export async function readBytes(request: Request): Promise<Uint8Array> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > LARGEST) throw new Problem('request/too-large');
  // over a wire no more than that comes, and in one piece it is read far cheaper than as a stream; what is no length bounds nothing
  return announced !== null && /^\d+$/.test(announced) ? readWhole(request) : readStream(request);
}

async function readWhole(request: Request): Promise<Uint8Array> {
  const bytes = await request.arrayBuffer().catch(() => {
    // whoever sent it went away half way: no fault of ours
    throw new Problem('request/malformed');
  });
  if (bytes.byteLength > LARGEST) throw new Problem('request/too-large');
  return new Uint8Array(bytes);
}

async function readStream(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > LARGEST) throw new Problem('request/too-large');
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof Problem ? error : new Problem('request/malformed');
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('request/malformed');
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes);
  } catch (error) {
    if (error instanceof JsonMalformed) throw new Problem('request/malformed');
    throw error;
  }
}

function validate<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  // zod wants plain objects; the names were checked to be unique, and no member can be a prototype in its output
  const plain: unknown = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : value;
  const parsed = schema.safeParse(plain);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, 10).map((issue) => ({
    path: issue.path.join('.'),
    // of unknown members neither names nor values are repeated
    message: issue.code === 'unrecognized_keys' ? 'there is a member that is not known here' : issue.message,
  }));
  throw new Problem('request/invalid', { members: { errors } });
}
