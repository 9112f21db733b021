import { redirect } from './answer.ts';
import type { Form } from './form.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';
import { returnQuery } from './return-to.ts';
import type { Visit } from './visit.ts';
import type { Visitor } from './visitor.ts';

/** The visit of somebody who is signed in. */
export interface SignedInVisit extends Visit {
  readonly visitor: Visitor;
}

type Answer = Response | Promise<Response>;

export interface SignedInPage {
  get?(visit: SignedInVisit): Answer;
  post?(visit: SignedInVisit, sent: Form, stale: Refusal | undefined): Answer;
}

/** A page for people who are signed in; whoever isn't signs in first, and comes back. */
export function forVisitors({ get, post }: SignedInPage): Page {
  return {
    needsSession: true,
    ...(get && { get: (visit) => (isSignedIn(visit) ? get(visit) : signInFirst(visit)) }),
    ...(post && { post: (visit, sent, stale) => (isSignedIn(visit) ? post(visit, sent, stale) : signInFirst(visit)) }),
  };
}

function isSignedIn(visit: Visit): visit is SignedInVisit {
  return visit.visitor !== undefined;
}

function signInFirst(visit: Visit): Response {
  return redirect(visit, visit.at('/sign-in') + returnQuery(visit.url.pathname));
}
