import { LOCALES } from '../accounts/mail/mail.ts';
import { changeProfile } from '../endpoints/profile.ts';
import { redirect } from './answer.ts';
import type { Page } from './page.ts';
import { setCookie } from './visit.ts';

const YEAR_SECONDS = 365 * 86_400;
// a path of ours with a query: no host can stand in it
const HERE = /^\/(?!\/)[\w./-]*(?:\?[\w.~%&=+-]*)?$/;

/** `/language`: the choice at the foot of each page. It stays in the browser; of somebody who is signed in, in the account too. */
export const languagePage: Page = {
  async post(visit, sent, stale) {
    const { context, visitor, scope } = visit;
    const locale = LOCALES.find((one) => one === sent.get('locale'));
    if (stale === undefined && locale !== undefined) {
      setCookie(visit, 'language', locale, YEAR_SECONDS);
      if (visitor !== undefined && visitor.user.locale !== locale)
        await changeProfile(context, visitor.user, scope, { locale });
    }
    const page = sent.get('page');
    return redirect(visit, HERE.test(page) ? page : visit.at('/'));
  },
};
