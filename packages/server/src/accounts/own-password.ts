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
  { limits, passwords, refusals }: ServerContext,
  { user, session }: AccountPrincipal,
  { typed, ip }: { readonly typed: string; readonly ip: string | undefined },
): Promise<void> {
  const device = { id: session.id };
  const attempt = { event: 're-authentication', userId: user.id, ip } as const;
  const place = await refusals.counting(attempt, async () => passwords.enter());
  try {
    const counted = await refusals.counting(attempt, () =>
      limits.beginSignIn({ email: user.email, password: typed, ip: undefined, device }),
    );
    const matches = await place.verify(typed, user.passwordHash).catch(async (error: unknown) => {
      // what was never judged is no failure of the person's
      await counted.takeBack();
      throw error;
    });
    if (!matches) {
      await refusals.keep({ ...attempt, reason: 'credentials' });
      throw new Problem('account/credentials');
    }
    await counted.takeBack();
  } finally {
    place.leave();
  }
}
