import { checkDocumented } from '../endpoints/documented.ts';
import type { UnderTest } from '../endpoints/server-under-test.ts';

/** What a browser does with addresses and cookies, and no more: for tests that are about what the server says. */
export interface SmallBrowser {
  /** Follows redirects (303, 302, a page that leads on) until an answer comes that leads nowhere. */
  /** @param until  Stops before the first address of which it says so. */
  open(url: string, until?: (url: string, form: URLSearchParams | undefined) => boolean): Promise<Landing>;
  /** One request, no redirect followed. */
  step(url: string, form?: URLSearchParams, site?: 'cross-site' | 'same-origin'): Promise<Response>;
  /** Cookies for the server under test, as a header. */
  cookies(): string;
  setCookie(name: string, value: string): void;
}

export interface Landing {
  readonly url: string;
  readonly response: Response;
  /** Each address on the way. */
  readonly way: readonly string[];
}

/** @param route  Where the name of a provider leads in this test. */
export function openSmallBrowser(
  under: UnderTest,
  issuer: string,
  route: (url: string) => string = (url) => url,
): SmallBrowser {
  const jars = new Map<string, Map<string, string>>();
  const jarOf = (url: string): Map<string, string> => {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? new Map<string, string>();
    jars.set(origin, jar);
    return jar;
  };
  const header = (url: string): string => [...jarOf(url)].map(([name, value]) => `${name}=${value}`).join('; ');

  async function step(
    url: string,
    form?: URLSearchParams,
    site: 'cross-site' | 'same-origin' = 'cross-site',
  ): Promise<Response> {
    const cookie = header(url);
    const headers = {
      ...(cookie === '' ? {} : { cookie }),
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': site,
      'user-agent': 'Small/1',
      accept: 'text/html',
    };
    const init = form === undefined ? { headers } : { headers, method: 'POST', body: form };
    let response: Response;
    if (url.startsWith(`${issuer}/`)) {
      const request = new Request(url, init);
      response = await under.server.fetch(request, {});
      await checkDocumented(request, response);
    } else response = await fetch(route(url), { ...init, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const name = pair.slice(0, pair.indexOf('='));
      if (/max-age=0/i.test(line) || /expires=Thu, 01 Jan 1970/i.test(line)) jarOf(url).delete(name);
      else jarOf(url).set(name, pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  }

  return {
    step,
    cookies: () => header(`${issuer}/`),
    setCookie: (name, value) => void jarOf(`${issuer}/`).set(name, value),
    async open(url, until = () => false) {
      const way: string[] = [];
      let form: URLSearchParams | undefined;
      let site: 'cross-site' | 'same-origin' = 'cross-site';
      for (let at = url; ; ) {
        way.push(at);
        if (way.length > 15) throw new Error(`led in a circle: ${way.join(' → ')}`);
        if (until(at, form)) return { url: at, response: new Response(null), way };
        // what leads to an app is where this ends
        if (!at.startsWith(`${issuer}/`) && new URL(at).hostname.endsWith('.test') && route(at) === at)
          return { url: at, response: new Response(null), way };
        const response = await step(at, form, site);
        form = undefined;
        const next = await leadsTo(response, at);
        if (next === undefined) return { url: at, response, way };
        at = next.url;
        form = next.form;
        site = next.site ?? site;
      }
    },
  };
}

interface Lead {
  readonly url: string;
  readonly form?: URLSearchParams;
  readonly site?: 'same-origin';
}

async function leadsTo(response: Response, at: string): Promise<Lead | undefined> {
  const location = response.headers.get('location');
  if (location !== null) return { url: new URL(location, at).href };
  if (!(response.headers.get('content-type') ?? '').startsWith('text/html')) return undefined;
  const page = await response.clone().text();
  const refresh = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(page)?.[1];
  if (refresh !== undefined) return { url: new URL(fromHtml(refresh), at).href, site: 'same-origin' };
  // a page that posts itself. OAuth 2.0 Form Post Response Mode
  const action = /<form method="post" action="(https?:[^"]+)"/i.exec(page)?.[1];
  if (action === undefined) return undefined;
  const inputs = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const form = new URLSearchParams(inputs.map(([, name = '', value = '']) => [name, fromHtml(value)]));
  return { url: fromHtml(action), form };
}

function fromHtml(html: string): string {
  return html.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
}
