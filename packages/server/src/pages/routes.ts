import { checkMailPage } from './check-mail.ts';
import { languagePage } from './language.ts';
import type { Page } from './page.ts';
import { rootPage } from './root.ts';
import { signInPage } from './sign-in.ts';
import { signUpPage } from './sign-up.ts';

/** Every page by its address. */
export const PAGES: Readonly<Record<string, Page>> = {
  '/': rootPage,
  '/sign-in': signInPage,
  '/sign-up': signUpPage,
  '/check-mail': checkMailPage,
  '/language': languagePage,
};
