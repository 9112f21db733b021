import { redirect } from './answer.ts';
import type { Page } from './page.ts';

/** `/`: whoever types the server's name is signed in or signs in. */
export const rootPage: Page = {
  get: (visit) => redirect(visit, visit.at(visit.visitor === undefined ? '/sign-in' : '/account')),
};
