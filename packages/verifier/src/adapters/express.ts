import type { IncomingMessage, ServerResponse } from 'node:http';
import { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';
import { createGuard } from './guard.ts';
import { requestOf, sendRefusal } from './node.ts';

export { principalOf } from './guard.ts';

/** Middleware for Express 4 and 5 (and everything with its signature): what is behind it is only reached by requests that were let in. */
export function protect<C>(
  verifier: Verifier<C>,
  policy: Policy = {},
): (request: IncomingMessage, response: ServerResponse, next: Next) => void | Promise<void> {
  const guard = createGuard(verifier, policy);
  return (request, response, next) => {
    let judged: unknown;
    try {
      judged = guard(requestOf(request), request);
    } catch (error) {
      return refuseOrPass(error, response, next);
    }
    if (judged instanceof Promise) return passOnceJudged(judged, response, next);
    next();
    return undefined;
  };
}

type Next = (error?: unknown) => void;

async function passOnceJudged(judged: Promise<unknown>, response: ServerResponse, next: Next): Promise<void> {
  try {
    await judged;
  } catch (error) {
    refuseOrPass(error, response, next);
    return;
  }
  next();
}

function refuseOrPass(error: unknown, response: ServerResponse, next: Next): void {
  if (error instanceof RequestRefused) sendRefusal(response, error);
  else next(error);
}
