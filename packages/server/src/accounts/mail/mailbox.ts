import type { Mail } from './mail.ts';
import type { SendMail } from './mailer.ts';

/** Where mails go in development: the newest are kept, in memory alone. */
export interface Mailbox {
  readonly send: SendMail;
  /** Newest first. */
  list(): readonly (Mail & { readonly at: string })[];
}

const KEPT = 100;

export function createMailbox(now: () => number): Mailbox {
  const mails: (Mail & { readonly at: string })[] = [];
  return {
    async send(mail) {
      mails.unshift({ ...mail, at: new Date(now()).toISOString() });
      mails.length = Math.min(mails.length, KEPT);
    },
    list: () => mails,
  };
}
