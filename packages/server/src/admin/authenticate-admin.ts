import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { type AccountPrincipal, authenticateAccount } from '../tokens/account-token.ts';

/** The role that opens the admin API; it is read from the database at each request, not from the token. */
export const ADMIN_ROLE = 'admin';

/**
 * Authenticates a request to the admin API: an access token for the account API, of somebody who is an administrator now.
 *
 * @throws {Problem} as {@link authenticateAccount}, and `admin/role`
 */
export async function authenticateAdmin(context: ServerContext, request: Request): Promise<AccountPrincipal> {
  const principal = await authenticateAccount(context, request);
  if (!principal.user.roles.includes(ADMIN_ROLE)) throw new Problem('admin/role');
  return principal;
}
