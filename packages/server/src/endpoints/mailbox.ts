import { escapeHtml } from '../accounts/mail/compose.ts';
import type { Mail } from '../accounts/mail/mail.ts';
import { Problem } from '../problem.ts';
import { MAILBOX } from './answers.ts';
import type { Operation } from './operation.ts';

/** `GET /dev/mailbox`: what would have been sent. In development only, and there only under the issuer's own name. */
export const mailbox: Operation = {
  summary: 'Mails, in development',
  answers: { 200: MAILBOX },
  refusals: ['request/not-found'],
  withoutDatabase: true,
  run({ mailbox: box, settings }, request) {
    // another name that leads here is a page elsewhere that wants to read it (DNS rebinding)
    if (box === undefined || new URL(request.url).host !== new URL(settings.issuer).host)
      throw new Problem('request/not-found');
    const mails = box.list();
    if (!(request.headers.get('accept') ?? '').includes('text/html')) return Response.json({ mails });
    return new Response(page(mails), { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
};

function page(mails: readonly (Mail & { readonly at: string })[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title></head>
<body><h1>Mailbox</h1>
<p>${mails.length === 0 ? 'No mail yet.' : 'Newest first. Mails are kept in memory, in development alone.'}</p>
${mails.map(article).join('\n')}
</body></html>
`;
}

function article({ at, to, subject, text }: Mail & { readonly at: string }): string {
  const lines = escapeHtml(text).replace(/https?:\/\/\S+/g, (link) => `<a href="${link}">${link}</a>`);
  return `<article><h2>${escapeHtml(subject)}</h2><p>to ${escapeHtml(to)}, ${escapeHtml(at)}</p><pre>${lines}</pre></article>`;
}
