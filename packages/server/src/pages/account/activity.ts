import { z } from 'zod';
import type { AuditEvent } from '../../stores/account-store.ts';
import { type Html, html } from '../html.ts';
import type { Page } from '../page.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';
import type { Texts } from '../texts/en.ts';
import { answerInside, card } from './inside.ts';
import { timeOf } from './time.ts';

const PATH = '/account/activity';
const ON_A_PAGE = 20;
const before = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `/account/activity?before=…`: what the audit log says of oneself, newest first. */
export const activityPage: Page = forVisitors({
  async get(visit) {
    const { context, texts, visitor, url } = visit;
    const cursor = before.safeParse(url.searchParams.get('before') ?? undefined).data;
    const events = await context.store.listAudit({
      limit: ON_A_PAGE + 1,
      order: 'newest',
      userId: visitor.user.id,
      ...(cursor === undefined ? {} : { cursor }),
    });
    const shown = events.slice(0, ON_A_PAGE);
    const last = events.length > shown.length ? shown.at(-1)?.number : undefined;
    const { activity } = texts;
    const body = card({
      lead: activity.lead,
      body: html`${shown.length === 0 ? html`<p class="empty faint">${activity.none}</p>` : html`<ul class="list">${shown.map((event) => row(visit, event))}</ul>`}
${
  (last !== undefined || cursor !== undefined) &&
  html`<div class="row">${cursor !== undefined && html`<a class="button quiet small" href="${visit.at(PATH)}">${activity.newest}</a>`}
${last !== undefined && html`<a class="button quiet small" href="${visit.at(PATH)}?before=${last}">${activity.older}</a>`}</div>`
}`,
    });
    return answerInside(visit, { part: 'activity', body });
  },
});

function row({ texts, locale, visitor }: SignedInVisit, { event, at, outcome, ip, actor }: AuditEvent): Html {
  const { activity } = texts;
  const byOther = actor !== undefined && actor !== visitor.user.id;
  return html`<li><div class="tight"><div class="row"><strong>${sentenceOf(texts, event)}</strong>${outcome === 'failure' && html`<span class="badge bad">${activity.failed}</span>`}${byOther && html`<span class="badge">${activity.by}</span>`}</div>
<div class="faint small">${timeOf(locale, at)}${ip !== undefined && ` · ${ip}`}</div></div></li>`;
}

/** An event that has no sentence yet is shown by its name: nothing that happened is left out. */
function sentenceOf({ events }: Texts, event: string): string {
  return Object.hasOwn(events, event) ? events[event as keyof Texts['events']] : event;
}
