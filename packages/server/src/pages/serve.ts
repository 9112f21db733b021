import type { RequestScope, ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { answerPage } from './answer.ts';
import { readSentForm } from './form.ts';
import { checkFormOrigin, formTokenHolds } from './form-token.ts';
import { leadingOn } from './layout.ts';
import { takeLink } from './link.ts';
import type { Page } from './page.ts';
import { refuseStale } from './refusal.ts';
import { cookieOf, openVisit, type Visit } from './visit.ts';

/**
 * Answers a request for a page. A form is taken only from a page of ours (`Origin`, `Sec-Fetch-Site`), and does something only in the
 * browser that it was given to, for whoever was signed in there: nobody signs somebody else in as themselves. docs/adr/0050
 *
 * @throws {Problem} what no page can say by itself.
 */
export async function servePage(
  context: ServerContext,
  request: Request,
  scope: RequestScope,
  page: Page,
): Promise<Response> {
  if (request.method === 'POST') {
    if (page.post === undefined) throw notAllowed(page);
    checkFormOrigin(context.settings, request);
    const sent = await readSentForm(request);
    const visit = await openVisit(context, request, scope);
    const { browserId, visitor } = visit;
    const holds = formTokenHolds(context.secrets, { browserId, sessionId: visitor?.session.id }, sent.get('form'));
    return page.post(visit, sent, holds ? undefined : refuseStale(visit));
  }
  if (page.get === undefined) throw notAllowed(page);
  const visit = await openVisit(context, request, scope);
  const token = visit.url.searchParams.get('token');
  if (page.purpose !== undefined && token !== null) return takeLink(visit, page.purpose, token);
  if (page.needsSession === true && leftItsCookieAtHome(visit)) return openFromHere(visit);
  return page.get(visit);
}

function notAllowed({ get, post }: Page): Problem {
  const allow = [...(get === undefined ? [] : ['GET', 'HEAD']), ...(post === undefined ? [] : ['POST'])];
  return new Problem('request/method', { headers: { allow: allow.join(', ') } });
}

/** A link on another site led here: the session's cookie, `SameSite=Strict`, is not sent with that. */
function leftItsCookieAtHome(visit: Visit): boolean {
  const { headers } = visit.request;
  return (
    headers.get('sec-fetch-site') === 'cross-site' &&
    headers.get('sec-fetch-mode') === 'navigate' &&
    cookieOf(visit, 'refresh') === undefined
  );
}

/** The same page once more, asked for by a page of ours: then the cookie comes along. */
function openFromHere(visit: Visit): Response {
  const { url } = visit;
  return answerPage(visit, leadingOn(visit, url.pathname + url.search));
}
