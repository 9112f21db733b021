/** Roles stand in the access token, which must stay small. */
export const ROLE_FORM = /^[a-z][a-z0-9:_-]{0,31}$/;
export const ROLE_RULE = 'is no role: a to z, 0 to 9, ":", "_" and "-", at most 32';
export const MOST_ROLES = 10;

/**
 * The roles of a user as they are stored: each once, in the order given.
 *
 * @throws {TypeError} for what is no role, and for more than ten.
 */
export function parseRoles(given: readonly string[]): readonly string[] {
  const roles = [...new Set(given)];
  const wrong = roles.find((role) => !ROLE_FORM.test(role));
  if (wrong !== undefined) throw new TypeError(`'${wrong}' ${ROLE_RULE}`);
  if (roles.length > MOST_ROLES) throw new TypeError(`at most ${MOST_ROLES} roles`);
  return roles;
}
