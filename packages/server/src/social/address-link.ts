import { mayMail } from '../accounts/may-mail.ts';
import { createOneTimeLink, LINK_MINUTES, LINK_SECONDS } from '../accounts/one-time-link.ts';
import type { ServerContext } from '../context.ts';
import type { User } from '../stores/user-store.ts';

/**
 * Asks whoever reads an address whether it is theirs: a provider named it and vouches for nothing. Used, the link makes it the
 * account's. As much is written for an address that has an account, whose owner is told instead: nobody learns of it here.
 */
export async function sendAddressLink(context: ServerContext, user: User, email: string): Promise<void> {
  const { settings, store, mailer, random } = context;
  if (!(await mayMail(context, email))) return;
  const { hash, link } = createOneTimeLink(settings.issuer, 'change-email', random);
  const isTaken = (await store.findUserByEmail(email)) !== undefined;
  const { locale } = user;
  await store.issueOneTimeToken(
    {
      hash,
      purpose: 'change-email',
      user: { id: user.id, credentialVersion: user.credentialVersion },
      payload: email,
      lifetimeSeconds: LINK_SECONDS,
    },
    {
      mails: isTaken
        ? mailer.write({ userId: undefined, email, locale }, 'account-exists', {})
        : mailer.write({ userId: user.id, email, locale }, 'change-email', { link, minutes: LINK_MINUTES }),
    },
  );
  mailer.kick();
}
