import type { Mail } from '../accounts/mail/mail.ts';
import type { ServerContext } from '../context.ts';
import { timeOf } from './account/time.ts';
import { answerPage } from './answer.ts';
import { type Html, html } from './html.ts';
import { brand, page } from './layout.ts';
import { strangerVisit, type Visit } from './visit.ts';

type KeptMail = Mail & { readonly at: string };

/** `/dev/mailbox` for people: what would have been sent, with the links to click. */
export function answerMailboxPage(context: ServerContext, request: Request, mails: readonly KeptMail[]): Response {
  const visit = strangerVisit(context, request);
  const { mailbox } = visit.texts;
  const body = html`<header class="top"><div>${brand(visit)}<span class="badge">/dev/mailbox</span></div></header>
<div class="inside single">
<main class="stack" id="main">
<div class="row between"><h1>${mailbox.title}</h1><a class="button quiet small" href="${visit.at('/dev/mailbox')}">${mailbox.refresh}</a></div>
<p class="lead">${mailbox.lead}</p>
${mails.length === 0 ? html`<div class="card empty stack"><h2>${mailbox.none}</h2><p class="faint">${mailbox.noneLead}</p></div>` : mails.map((mail) => article(visit, mail))}
</main>
</div>`;
  return answerPage(visit, page(visit, { title: mailbox.title, failed: false }, body));
}

function article({ texts, locale }: Visit, { at, to, subject, text, locale: language }: KeptMail): Html {
  return html`<article class="card stack mail">
<div class="tight"><h2 lang="${language}">${subject}</h2><p class="faint small">${texts.mailbox.to} ${to} · ${timeOf(locale, Date.parse(at))}</p></div>
<pre lang="${language}">${linked(text.trim())}</pre>
</article>`;
}

/** A text with its addresses to click. */
function linked(text: string): readonly (Html | string)[] {
  return text.split(/(https?:\/\/\S+)/).map((part, i) => (i % 2 === 1 ? html`<a href="${part}">${part}</a>` : part));
}
