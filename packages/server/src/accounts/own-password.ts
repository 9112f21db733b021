import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { AccountPrincipal } from '../tokens/account-token.ts';

/**
 * Asks somebody who is signed in for their password once more, before what a stolen access token must not do. Wrong ones count for this
 * session, so that neither strangers use up a person's tries nor a thief of a token gets many. ASVS 7.5.1
 *
 * @throws {Problem} `account/credentials`, `request/too-many`
 */
export async function checkOwnPassword(
  { limits, passwords }: ServerContext,
  { user, session }: AccountPrincipal,
  typed: string,
): Promise<void> {
  const device = { id: session.id };
  const counted = await limits.beginSignIn({ email: user.email, password: typed, ip: undefined, device });
  if (!(await passwords.verify(typed, user.passwordHash))) throw new Problem('account/credentials');
  await counted.takeBack();
}
