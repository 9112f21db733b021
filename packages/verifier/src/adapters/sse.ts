import type { ServerResponse } from 'node:http';
import type { Principal } from '../principal.ts';
import type { RequestRefused } from '../refusal.ts';
import type { Policy, Verifier } from '../verifier.ts';

/** How long a reader may take for what was written before the end. */
const FAREWELL_MS = 250;

/**
 * Ends a Node response within a second of the moment at which its principal would not be let in any more: for Server-Sent Events, and every
 * other answer that goes on. What is written to it after the end is lost, and no error.
 *
 * @returns The same response.
 */
export function endWithSession<C, R extends ServerResponse>(
  response: R,
  verifier: Verifier<C>,
  principal: Principal<C>,
  policy: Policy = {},
): R {
  const stop = verifier.watch(
    principal,
    () => {
      // the application hears of the end by `close`; a write before that would otherwise end the process
      response.on('error', () => {});
      response.end();
      const timer = setTimeout(() => response.destroy(), FAREWELL_MS);
      response.once('close', () => clearTimeout(timer));
    },
    policy,
  );
  response.once('close', stop);
  return response;
}

/** How a stream ends with its session. */
export interface StreamEnd {
  readonly policy?: Policy;
  /** Ends the stream with this error. Default: it ends as if there were no more. */
  readonly toError?: (refusal: RequestRefused) => Error;
}

/**
 * The same for the body of a Fetch response: `new Response(untilSessionEnds(stream, verifier, principal))`. The stream behind it is cancelled,
 * with the refusal as the reason.
 */
export function untilSessionEnds<C, T>(
  source: ReadableStream<T>,
  verifier: Verifier<C>,
  principal: Principal<C>,
  { policy = {}, toError }: StreamEnd = {},
): ReadableStream<T> {
  const reader = source.getReader();
  let over = false;
  let stop = (): void => {};
  return new ReadableStream<T>({
    start(controller) {
      stop = verifier.watch(
        principal,
        (refusal) => {
          over = true;
          if (toError === undefined) controller.close();
          else controller.error(toError(refusal));
          // what goes wrong behind a stream that has ended concerns nobody here
          reader.cancel(refusal).catch(() => {});
        },
        policy,
      );
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (over) return;
        if (!done) return controller.enqueue(value);
        controller.close();
      } catch (error) {
        if (!over) controller.error(error);
      }
      stop();
    },
    cancel(reason) {
      stop();
      return reader.cancel(reason);
    },
  });
}
