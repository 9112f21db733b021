import { answerPage } from '../answer.ts';
import { form } from '../fields.ts';
import { type Html, html } from '../html.ts';
import { brand, page } from '../layout.ts';
import { takeNotice } from '../notices.ts';
import type { Refusal } from '../refusal.ts';
import { homeOf } from '../return-to.ts';
import type { SignedInVisit } from '../signed-in.ts';
import { productName } from '../visit.ts';

/** The parts of an account, by the last step of their address. */
const PARTS = [
  ['profile', '/account'],
  ['security', '/account/security'],
  ['devices', '/account/devices'],
  ['activity', '/account/activity'],
  ['data', '/account/data'],
] as const;

export interface InsideContent {
  readonly part: (typeof PARTS)[number][0];
  readonly body: Html;
  readonly refusal?: Refusal | undefined;
}

/** A page of the account: who is signed in, the parts, and one of them. */
export function answerInside(visit: SignedInVisit, { part, body, refusal }: InsideContent): Response {
  const { texts, visitor } = visit;
  const title = texts.account[part];
  const notice = takeNotice(visit);
  const whole = page(
    visit,
    { title, failed: refusal !== undefined },
    html`<header class="top"><div>
${brand(visit)}
<div class="who"><span class="faint">${visitor.user.email}</span>
${signOutForm(visit)}</div>
</div></header>
<div class="inside">
<nav aria-label="${texts.account.nav}"><ul>
${PARTS.map(
  ([name, path]) =>
    html`<li><a href="${visit.at(path)}"${name === part && html` aria-current="page"`}>${texts.account[name]}</a></li>`,
)}
${homeLink(visit)}
</ul></nav>
<main class="stack" id="main">
<h1>${title}</h1>
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${body}
</main>
</div>`,
  );
  return answerPage(visit, whole, { status: refusal?.status ?? 200, headers: refusal?.headers ?? {} });
}

function signOutForm(visit: SignedInVisit): Html {
  return html`<form method="post" action="${visit.at('/sign-out')}"><input type="hidden" name="form" value="${visit.formToken()}"><button class="button quiet small">${visit.texts.signOut.button}</button></form>`;
}

function homeLink({ context, texts }: SignedInVisit): Html | false {
  const home = homeOf(context.settings);
  return home !== undefined && html`<li><a href="${home}">${texts.home(productName(context))}</a></li>`;
}

export interface CardInput {
  /** Left out where the page's own says it. */
  readonly title?: string;
  readonly lead?: string | Html;
  readonly body: Html;
  readonly danger?: true;
}

/** One thing of a part, with its own heading. */
export function card({ title, lead, body, danger }: CardInput): Html {
  return html`<section class="card stack${danger === true && ' danger-zone'}">
${title !== undefined && html`<h2>${title}</h2>`}
${lead !== undefined && html`<p class="lead under">${lead}</p>`}
${body}
</section>`;
}

/** A form of a part; `action` tells those of one page apart. */
export function actionForm(
  visit: SignedInVisit,
  { path, action, body, refusal }: { path: string; action: string; body: Html; refusal?: Refusal | undefined },
): Html {
  return form(visit, { action: path, refusal, body: html`<input type="hidden" name="do" value="${action}">${body}` });
}
