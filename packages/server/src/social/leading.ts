import type { ServerContext } from '../context.ts';
import { isForPerson } from '../pages/addresses.ts';
import { homeOf, parseReturnTo } from '../pages/return-to.ts';
import { answerProblem, Problem } from '../problem.ts';

/** Where somebody is sent who has signed in: where they wanted to go, as far as that is allowed, else home. RFC 9700 §4.11 */
export function destinationOf({ settings }: ServerContext, provider: string, wanted: string | undefined): string {
  const { issuer, log, pages } = settings;
  const allowed = parseReturnTo(settings, wanted);
  if (wanted !== undefined && allowed === undefined)
    log({ level: 'warn', event: 'social.return-to-refused', provider, setting: 'origins' });
  const home = homeOf(settings) ?? `${issuer}${pages === false ? '/' : '/account'}`;
  return new URL(allowed ?? home, issuer).href;
}

/** Leads the browser on. RFC 9700 §4.12: by 303, whatever it came with. */
export function leadTo(location: string, cookies: readonly string[]): Response {
  const headers = new Headers(cookies.map((cookie): [string, string] => ['set-cookie', cookie]));
  headers.set('location', location);
  return new Response(null, { status: 303, headers });
}

interface Trouble {
  readonly provider: string;
  readonly error: unknown;
  readonly returnTo?: string | undefined;
  readonly cookies?: readonly string[];
}

/** What went wrong: for a person on the sign-in page, where there is one, else as a problem. @throws what is no `Problem`. */
export function leadToError(
  { settings }: ServerContext,
  request: Request,
  { provider, error, returnTo, cookies = [] }: Trouble,
): Response {
  if (!(error instanceof Problem)) throw error;
  if (settings.pages !== false && isForPerson(settings, request)) {
    const query = new URLSearchParams({
      error: error.code.replace(/^(?:social|account|request|server)\//, ''),
      provider,
      ...(returnTo === undefined ? {} : { return_to: returnTo }),
    });
    return leadTo(`${settings.issuer}/sign-in?${query.toString()}`, cookies);
  }
  const response = answerProblem(error);
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
