declare const proof: unique symbol;

/** A value whose signature and claims were checked. Only `verify.ts` makes one. */
export type Verified<T> = T & { readonly [proof]: true };

/** Freezes a parsed value, all levels of it, so that a remembered verdict can't be changed by whoever was handed it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
