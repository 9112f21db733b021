/**
 * Headers of the Fetch kind or of Node's: an object of values by name in any case, or names and values in turn (`rawHeaders`). Node's
 * should be `headersDistinct` or `rawHeaders`, where nothing was merged or dropped.
 */
export type HeadersLike =
  | Pick<Headers, 'get'>
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | readonly string[];

/** What is looked at of a request. */
export interface RequestLike {
  readonly headers: HeadersLike;
  /** Needed for cookies and DPoP. Default: none, which neither lets in. */
  readonly method?: string | undefined;
  /** Path and query as they were asked for, or the absolute address. Needed for DPoP. */
  readonly url?: string | undefined;
}

/**
 * Every value of one header, in order. Values that a Fetch implementation has joined by a comma come as one.
 *
 * @param name In lower case.
 */
export function headerValues({ headers }: RequestLike, name: string): readonly string[] {
  if (isFetchHeaders(headers)) {
    const value = headers.get(name);
    return value === null ? [] : [value];
  }
  return isList(headers) ? fromList(headers, name) : fromRecord(headers, name);
}

function isFetchHeaders(headers: HeadersLike): headers is Pick<Headers, 'get'> {
  return typeof (headers as Partial<Headers>).get === 'function';
}

function isList(headers: HeadersLike): headers is readonly string[] {
  return Array.isArray(headers);
}

const NONE: readonly string[] = [];

function fromList(list: readonly string[], name: string): readonly string[] {
  let found = NONE;
  for (let at = 0; at < list.length; at += 2) {
    if (isNamed(list[at] ?? '', name)) found = [...found, list[at + 1] ?? ''];
  }
  return found;
}

function fromRecord(record: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  let found = NONE;
  for (const key in record) {
    if (!isNamed(key, name) || !Object.hasOwn(record, key)) continue;
    const value = record[key];
    if (value !== undefined) found = [...found, ...(Array.isArray(value) ? (value as string[]) : [value as string])];
  }
  return found;
}

/** RFC 9110 §5.1: without case. The length first: most names are told apart by it. */
function isNamed(key: string, name: string): boolean {
  return key.length === name.length && (key === name || key.toLowerCase() === name);
}
