import { isPlainObject } from './members.ts';

declare const proof: unique symbol;

/** A value whose signature and claims were checked. Only `verify.ts` makes one. */
export type Verified<T> = T & { readonly [proof]: true };

/**
 * Freezes a value, all levels of it, so that a remembered verdict can't be changed by whoever was handed it. Only plain objects and
 * arrays are: what a schema makes of claims may hold others (dates, URLs), which have their own rules.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && !isPlainObject(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
