import { LOCALES } from '../accounts/mail/mail.ts';
import { type Html, html } from './html.ts';
import { takeNotice } from './notices.ts';
import { LANGUAGE_NAMES } from './texts/texts.ts';
import { productName, type Visit } from './visit.ts';

/** What a page is made of, beside what is on every page. */
export interface PageContent {
  readonly title: string;
  readonly body: Html;
  /** Something went wrong: the title says so first, for those who hear it. */
  readonly failed?: boolean;
}

/** A page with one card in the middle. */
export function sheet(visit: Visit, { title, body, failed }: PageContent): Html {
  const notice = visit.browserId === '' ? undefined : takeNotice(visit);
  return page(
    visit,
    { title, failed: failed === true },
    html`<main class="sheet" id="main">
${brand(visit)}
<div class="card stack">
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
<h1>${title}</h1>
${body}
</div>
</main>`,
  );
}

export interface Head {
  readonly title: string;
  readonly failed: boolean;
  readonly head?: Html;
}

/** The whole document. The only script and style are files of ours. */
export function page(visit: Visit, { title, failed, head }: Head, body: Html): Html {
  const { context, locale, texts } = visit;
  const { assets } = context;
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${failed && `${texts.error}: `}${title} · ${productName(context)}</title>
<link rel="stylesheet" href="${visit.at(`/assets/${assets.style}`)}">
<link rel="icon" href="${visit.at(`/assets/${assets.icon}`)}">
<script src="${visit.at(`/assets/${assets.script}`)}" defer></script>
${head}
</head>
<body>
<a class="skip" href="#main">${texts.skip}</a>
${body}
${footer(visit)}
</body>
</html>
`;
}

/** A page that leads on by itself; where the browser doesn't, by its button. */
export function leadingOn(visit: Visit, address: string): Html {
  const { goOn } = visit.texts.signIn;
  return page(
    visit,
    { title: goOn, failed: false, head: html`<meta http-equiv="refresh" content="0;url=${address}">` },
    html`<main class="sheet" id="main"><a class="button wide" href="${address}">${goOn}</a></main>`,
  );
}

/** Logo and name; leads to the application where there is one. */
export function brand(visit: Visit): Html {
  const { context } = visit;
  const { pages } = context.settings;
  const options = pages === false ? {} : pages;
  const name = productName(context);
  const { logo } = context.assets;
  const picture =
    logo === undefined
      ? MEDAL
      : html`<img src="${visit.at(`/assets/${logo}`)}" alt="${options.logo?.holdsName ? name : ''}">`;
  const inner = html`${picture}${options.logo?.holdsName !== true && html`<span>${name}</span>`}`;
  return options.home === undefined
    ? html`<div class="brand">${inner}</div>`
    : html`<a class="brand" href="${options.home}">${inner}</a>`;
}

/** The inspector's medal: a disc on a cord. */
const MEDAL: Html = html`<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><path d="M13 2h6v5h-6z" fill="currentColor" opacity=".55"/><circle cx="16" cy="18.5" r="12" fill="currentColor"/><circle cx="16" cy="18.5" r="9" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="1.25"/><path d="M11.5 22.5v-7l4.5 4 4.5-4v7" fill="none" stroke="#fff" stroke-width="2.25" stroke-linejoin="round" stroke-linecap="round"/></svg>`;

function footer(visit: Visit): Html {
  const { texts, locale, url, browserId } = visit;
  // a page that says what went wrong may not know the browser, and then has no forms
  if (browserId === '') return html`<footer></footer>`;
  return html`<footer>
<form method="post" action="${visit.at('/language')}" aria-label="${texts.language}">
<input type="hidden" name="form" value="${visit.formToken()}">
<input type="hidden" name="page" value="${url.pathname + url.search}">
${LOCALES.map(
  (one) =>
    html`<button name="locale" value="${one}" lang="${one}"${one === locale && html` aria-current="true"`}>${LANGUAGE_NAMES[one]}</button>`,
)}
</form>
</footer>`;
}
