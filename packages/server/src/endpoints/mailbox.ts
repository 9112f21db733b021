import { answerMailboxPage } from '../pages/mailbox-page.ts';
import { Problem } from '../problem.ts';
import { MAILBOX } from './answers.ts';
import type { Operation } from './operation.ts';

/** `GET /dev/mailbox`: what would have been sent. In development only, and there only under the issuer's own name. */
export const mailbox: Operation = {
  summary: 'Mails, in development',
  answers: { 200: MAILBOX },
  refusals: ['request/not-found'],
  withoutDatabase: true,
  run(context, request) {
    const { mailbox: box, settings } = context;
    // another name that leads here is a page elsewhere that wants to read it (DNS rebinding)
    if (box === undefined || new URL(request.url).host !== new URL(settings.issuer).host)
      throw new Problem('request/not-found');
    const mails = box.list();
    if (!(request.headers.get('accept') ?? '').includes('text/html')) return Response.json({ mails });
    return answerMailboxPage(context, request, mails);
  },
};
