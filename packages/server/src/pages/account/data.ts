import { z } from 'zod';
import { password } from '../../endpoints/members.ts';
import { deleteAccount, exportAccount } from '../../endpoints/profile.ts';
import { redirect } from '../answer.ts';
import { accountName, fieldError, passwordField } from '../fields.ts';
import { type Form, parseFields } from '../form.ts';
import { html } from '../html.ts';
import { forgetMethod } from '../last-method.ts';
import { leaveNotice } from '../notices.ts';
import type { Page } from '../page.ts';
import { attempt, type Refusal, refuseFields } from '../refusal.ts';
import { forVisitors, type SignedInVisit } from '../signed-in.ts';
import { setCookie } from '../visit.ts';
import { actionForm, answerInside, card } from './inside.ts';

const PATH = '/account/data';
const DELETION = z.strictObject({ sure: z.literal('yes'), password });

/** `/account/data`: take it along, or have it removed. */
export const dataPage: Page = forVisitors({
  get: (visit) => show(visit, undefined),
  async post(visit, sent, stale) {
    if (stale !== undefined) return show(visit, stale);
    return sent.get('do') === 'delete' ? remove(visit, sent) : download(visit);
  },
});

async function download(visit: SignedInVisit): Promise<Response> {
  const { context, visitor, scope } = visit;
  const all = await exportAccount(context, visitor, scope);
  return new Response(`${JSON.stringify(all, null, 2)}\n`, {
    headers: {
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="account.json"',
      'cache-control': 'no-store',
    },
  });
}

async function remove(visit: SignedInVisit, sent: Form): Promise<Response> {
  const { context, visitor, scope, texts } = visit;
  const parsed = parseFields(DELETION, { sure: sent.get('sure'), password: sent.get('password') });
  if ('wrong' in parsed)
    return show(visit, refuseFields(parsed.wrong, { ...texts.fields, sure: texts.data.deleteSureMissing }));
  const gone = await attempt(visit, () => deleteAccount(context, visitor, scope, parsed.data.password), {
    'account/credentials': { field: 'password', sentence: 'wrong-password' },
  });
  if ('refusal' in gone) return show(visit, gone.refusal);
  setCookie(visit, 'refresh', '', 0);
  visit.cookies.push(...forgetMethod(context.settings));
  leaveNotice(visit, 'deleted');
  return redirect(visit, visit.at('/sign-in'));
}

function show(visit: SignedInVisit, refusal: Refusal | undefined): Response {
  const { texts, visitor } = visit;
  const { data, security } = texts;
  const sure = refusal?.fields['sure'];
  const deletion =
    visitor.user.passwordHash === undefined
      ? html`<p>${security.passwordNone} <a href="${visit.at('/account/security')}">${security.passwordSet}</a></p>`
      : html`<div class="fields">${actionForm(visit, {
          path: PATH,
          action: 'delete',
          refusal,
          body: html`<div class="tight"><label class="check"><input type="checkbox" name="sure" value="yes" required${sure !== undefined && html` aria-invalid="true" aria-describedby="f-sure-error" autofocus`}>${data.deleteSure}</label>${fieldError('sure', sure)}</div>
${accountName(visitor.user.email)}
${passwordField(visit, { name: 'password', label: texts.presentPassword, refusal })}
<div><button class="button danger">${data.deleteButton}</button></div>`,
        })}</div>`;
  const body = html`${card({
    title: data.exportTitle,
    lead: data.exportLead,
    body: actionForm(visit, {
      path: PATH,
      action: 'download',
      body: html`<div><button class="button quiet">${data.exportButton}</button></div>`,
    }),
  })}
${card({ title: data.deleteTitle, lead: data.deleteLead, body: deletion, danger: true })}`;
  return answerInside(visit, { part: 'data', body, refusal });
}
