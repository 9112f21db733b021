import type { Texts } from './texts/en.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** What was done by the form before: said once, on the page that follows. */
export type Notice = keyof Texts['notices'];

const SECONDS = 120;

export function leaveNotice(visit: Visit, notice: Notice): void {
  setCookie(visit, 'notice', notice, SECONDS);
}

/** The sentence that is due, taken so that it isn't said again. */
export function takeNotice(visit: Visit): string | undefined {
  const code = cookieOf(visit, 'notice');
  if (code === undefined) return undefined;
  setCookie(visit, 'notice', '', 0);
  const { notices } = visit.texts;
  return Object.hasOwn(notices, code) ? notices[code as Notice] : undefined;
}
