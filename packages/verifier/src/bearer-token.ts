import { refuse } from './refusal.ts';

/** What is looked at of a request: its headers, of the Fetch kind or of Node's. Node's should be `headersDistinct`, where nothing was merged or dropped. */
export interface RequestLike {
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * The bearer token of a request: from the Authorization header and from nowhere else.
 *
 * @throws {RequestRefused} `request/no-credentials`, `request/authorization`
 * @see RFC 6750 §2.1, RFC 9110 §11.1 (the scheme is compared without case)
 */
export function bearerTokenOf(request: RequestLike): string {
  const header = authorizationOf(request);
  if (header === undefined) throw refuse('request/no-credentials');
  // two headers arrive joined by a comma, which no token holds
  if (header.includes(',')) throw refuse('request/authorization');
  const [scheme = '', token = '', more] = header.split(' ', 3);
  if (scheme.toLowerCase() !== 'bearer' || token === '' || more !== undefined) throw refuse('request/no-credentials');
  return token;
}

function authorizationOf({ headers }: RequestLike): string | undefined {
  if (headers instanceof Headers) return headers.get('authorization') ?? undefined;
  const values = Object.entries(headers)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .flatMap(([, value]) => value ?? []);
  if (values.length > 1) throw refuse('request/authorization');
  return values[0];
}
