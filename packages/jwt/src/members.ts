// Nothing here may use node: this file runs in browsers (`@mapae/jwt/decode`).

/**
 * What a JSON object is read into. A member that wasn't in the text isn't there: nothing is inherited, because the prototype is empty, can't
 * be changed, and has none itself. Faster than an object without any prototype, which engines don't lay out ahead.
 */
export const Members = Constructor as unknown as new () => Record<string, unknown>;
function Constructor(): void {
  // an object of a class would have a constructor behind it
}
Constructor.prototype = Object.freeze(Object.create(null) as object);

/** True for an object of members alone: a literal, one without a prototype, one that was read from JSON. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || prototype === Members.prototype;
}
