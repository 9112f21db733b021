import type { OneTimePurpose } from '../stores/account-store.ts';
import type { Form } from './form.ts';
import type { Refusal } from './refusal.ts';
import type { Visit } from './visit.ts';

type Answer = Response | Promise<Response>;

/** One page: what is shown, and what its form does. */
export interface Page {
  /** Who is signed in matters: a visit from a link elsewhere, without the cookie that stays at home, is opened once more from here. */
  readonly needsSession?: true;
  /** It is where a mail's link leads: the token is taken out of the address before anything is shown. */
  readonly purpose?: OneTimePurpose;
  get?(visit: Visit): Answer;
  /** @param stale  Set where the form was given to another browser, or for somebody else: it may be shown again, and does nothing. */
  post?(visit: Visit, sent: Form, stale: Refusal | undefined): Answer;
}
