import type { ServerContext } from '../context.ts';
import { answerProblem, PROBLEMS, type Problem } from '../problem.ts';
import { answerPage } from './answer.ts';
import { type Html, html } from './html.ts';
import { sheet } from './layout.ts';
import type { Texts } from './texts/en.ts';
import { strangerVisit, type Visit } from './visit.ts';

/**
 * A refused request as a page: what happened, and what to do next. Looks at no session and needs no database: it has to work when
 * nothing else does.
 */
export function answerErrorPage(context: ServerContext, request: Request, problem: Problem): Response {
  const visit = strangerVisit(context, request);
  const { status, headers, id } = partsOf(problem);
  const { title, lead, next } = wordsOf(visit, status);
  const seconds = Number(headers['retry-after']);
  const body = html`<p class="lead">${lead}${Number.isFinite(seconds) && seconds > 1 && ` ${visit.texts.wait(seconds)}`}</p>
${id !== undefined && html`<p><code>${id}</code></p>`}
${next}`;
  return answerPage(visit, sheet(visit, { title, body, failed: true }), { status, headers });
}

/** What the answer for programs would have said. */
function partsOf(problem: Problem) {
  const { status } = PROBLEMS[problem.code];
  const retryAfter = answerProblem(problem).headers.get('retry-after');
  const id = problem.details.members?.['id'];
  return {
    status,
    headers: {
      ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      ...(problem.details.headers?.['allow'] === undefined ? {} : { allow: problem.details.headers['allow'] }),
    } as Readonly<Record<string, string>>,
    id: typeof id === 'string' ? id : undefined,
  };
}

interface ErrorWords {
  readonly title: string;
  readonly lead: string;
  readonly next: Html;
}

function wordsOf(visit: Visit, status: number): ErrorWords {
  const { errors } = visit.texts;
  const toSignIn = html`<a class="button wide" href="${visit.at('/sign-in')}">${errors.toSignIn}</a>`;
  const again =
    visit.request.method === 'GET'
      ? html`<a class="button wide" href="${visit.url.pathname}${visit.url.search}">${errors.retry}</a>`
      : toSignIn;
  const [title, lead, next] = bySituation(errors, status);
  return { title, lead, next: next === 'again' ? again : toSignIn };
}

function bySituation(
  errors: Texts['errors'],
  status: number,
): readonly [title: string, lead: string, next: 'again' | 'sign-in'] {
  if (status === 404) return [errors.notFound, errors.notFoundLead, 'sign-in'];
  if (status === 403 || status === 401) return [errors.forbidden, errors.forbiddenLead, 'sign-in'];
  if (status === 405) return [errors.method, errors.methodLead, 'sign-in'];
  if (status === 429) return [errors.tooMany, errors.tooManyLead, 'again'];
  if (status === 503) return [errors.unavailable, errors.unavailableLead, 'again'];
  if (status < 500) return [errors.malformed, errors.malformedLead, 'sign-in'];
  return [errors.broken, errors.brokenLead, 'again'];
}
