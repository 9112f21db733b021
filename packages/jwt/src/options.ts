/**
 * Refuses names that are no options, so that a slip of the pen is no silent default.
 *
 * @throws {TypeError} naming the option.
 */
export function refuseUnknown(options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options must be an object');
  for (const name of Object.keys(options)) if (!known.includes(name)) throw new TypeError(`unknown option ${name}`);
}

/** A non-empty text. @throws {TypeError} naming the option. */
export function textOption(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a non-empty string`);
  return value;
}

/** A whole number within a range. @throws {TypeError} naming the option. */
export function numberOption(name: string, value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value as number;
}
