const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Refuses names that are no options, so that a slip of the pen is no silent default. @throws {TypeError} naming the option. */
export function refuseUnknown(options: object, known: readonly string[], prefix = ''): void {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${prefix || 'options'} must be an object`);
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw new TypeError(`unknown option ${prefix}${name}`);
}

/** An absolute address. @throws {TypeError} naming the option. */
export function addressOption(name: string, value: unknown, allowHttp: boolean): string {
  if (typeof value !== 'string' || value.endsWith('/'))
    throw new TypeError(`${name} must be an absolute URL without a trailing slash, query or fragment`);
  return issuerOption(name, value, allowHttp);
}

/** An issuer: some end in a slash, and are compared with it. @throws {TypeError} naming the option. */
export function issuerOption(name: string, value: unknown, allowHttp: boolean): string {
  if (typeof value !== 'string' || !URL.canParse(value) || /[?#"\\\s]/.test(value))
    throw new TypeError(`${name} must be an absolute URL without query or fragment`);
  const { protocol, hostname } = new URL(value);
  if (protocol === 'https:' || (protocol === 'http:' && (allowHttp || LOOPBACK.has(hostname)))) return value;
  throw new TypeError(`${name} must be https`);
}

/** @throws {TypeError} naming the option. */
export function wholeOption(name: string, value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value as number;
}

/** @throws {TypeError} naming the option. */
export function textOption(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a non-empty string`);
  return value;
}

/** @throws {TypeError} naming the option. */
export function originsOption(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every(isOrigin))
    throw new TypeError(`${name} must be origins, like https://app.example.com`);
  return Object.freeze([...(value as string[])]);
}

function isOrigin(text: unknown): boolean {
  return typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text;
}
