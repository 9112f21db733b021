import { endOneSession } from '../../endpoints/account.ts';
import { endEveryOther, endEverySession } from '../../endpoints/sign-out.ts';
import type { Session } from '../../stores/session-store.ts';
import { redirect } from '../answer.ts';
import { type Html, html } from '../html.ts';
import { leaveNotice } from '../notices.ts';
import type { Page } from '../page.ts';
import { attempt, type Refusal } from '../refusal.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';
import { setCookie } from '../visit.ts';
import { actionForm, answerInside, card } from './inside.ts';
import { timeOf } from './time.ts';

const PATH = '/account/devices';

/** `/account/devices`: where one is signed in. What is said to be signed out is: the revocation was handed on before the answer. */
export const devicesPage: Page = forVisitors({
  get: (visit) => show(visit, undefined),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    const { context, visitor, scope } = visit;
    const what = sent.get('do');
    if (what === 'everywhere') {
      await endEverySession(context, visitor.user, scope);
      setCookie(visit, 'refresh', '', 0);
      leaveNotice(visit, 'signed-out-everywhere');
      return redirect(visit, visit.at('/sign-in'));
    }
    if (what === 'others') await endEveryOther(context, visitor);
    else {
      const ended = await attempt(visit, () => endOneSession(context, visitor.user, scope, sent.get('session')));
      if ('refusal' in ended) return show(visit, ended.refusal);
    }
    leaveNotice(visit, what === 'others' ? 'signed-out-others' : 'signed-out-device');
    return redirect(visit, visit.at(PATH));
  },
});

async function show(visit: SignedInVisit, refusal: Refusal | undefined): Promise<Response> {
  const { context, texts, visitor } = visit;
  const { devices } = texts;
  const sessions = await context.store.listSessions(visitor.user.id);
  const isAlone = sessions.every(({ id }) => id === visitor.session.id);
  // the one that looks stands first
  const sorted = sessions.toSorted((a, b) => Number(b.id === visitor.session.id) - Number(a.id === visitor.session.id));
  const body = html`${refusal?.form !== undefined && html`<p class="notice bad" role="alert" tabindex="-1" autofocus>${refusal.form}</p>`}
${card({
  title: devices.title,
  lead: devices.lead,
  body: html`<ul class="list">${sorted.map((session) => deviceRow(visit, session))}</ul>
${isAlone && html`<p class="faint">${devices.alone}</p>`}`,
})}
${card({
  title: devices.everywhere,
  lead: devices.everywhereLead,
  body: html`<div class="row">
${!isAlone && actionForm(visit, { path: PATH, action: 'others', body: html`<button class="button quiet">${devices.others}</button>` })}
${actionForm(visit, { path: PATH, action: 'everywhere', body: html`<button class="button danger">${devices.everywhere}</button>` })}
</div>`,
})}`;
  return answerInside(visit, { part: 'devices', body, refusal });
}

function deviceRow(visit: SignedInVisit, session: Session): Html {
  const { texts, locale, visitor } = visit;
  const { devices } = texts;
  const name = session.device ?? devices.unknown;
  const isCurrent = session.id === visitor.session.id;
  return html`<li><div class="tight"><div class="row"><strong>${name}</strong>${isCurrent && html`<span class="badge good">${devices.current}</span>`}</div>
<div class="faint small">${session.ip !== undefined && `${session.ip} · `}${devices.signedIn} ${timeOf(locale, session.createdAt)}${
    session.lastUsedAt > session.createdAt && html` · ${devices.lastUsed} ${timeOf(locale, session.lastUsedAt)}`
  }</div></div>
${
  !isCurrent &&
  actionForm(visit, {
    path: PATH,
    action: 'one',
    body: html`<input type="hidden" name="session" value="${session.id}"><button class="button quiet small" aria-label="${devices.endOne(name)}">${devices.end}</button>`,
  })
}</li>`;
}
