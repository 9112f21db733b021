import type { AuthorizationServer } from '@mapae/server';

/** What a page answered, its body read. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where it leads, without the issuer. */
  readonly location: string | null;
}

export type Fields = Readonly<Record<string, string>>;

export interface FormServer {
  readonly issuer: string;
  readonly server: Pick<AuthorizationServer, 'fetch'>;
}

/** Somebody with a browser that has no script: keeps cookies, fills in forms. Says itself where a request comes from, as a browser would. */
export class FormVisitor {
  readonly cookies = new Map<string, string>();
  readonly #pages: FormServer;
  #formToken = '';

  constructor(pages: FormServer) {
    this.#pages = pages;
  }

  async get(path: string, headers: Fields = {}): Promise<Seen> {
    return this.send(path, { headers: { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', ...headers } });
  }

  /** Opens a page and sends its form: with the hidden token, from the issuer's own origin. */
  async submit(path: string, fields: Fields, headers: Fields = {}): Promise<Seen> {
    await this.get(path === '/language' ? '/sign-in' : path);
    return this.post(path, { form: this.#formToken, ...fields }, headers);
  }

  /** Posts what is given and nothing else. */
  async post(
    path: string,
    fields: Fields | readonly (readonly [string, string])[],
    headers: Fields = {},
  ): Promise<Seen> {
    const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
    const ours = { origin: this.#pages.issuer, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' };
    return this.send(path, {
      method: 'POST',
      body: new URLSearchParams(pairs as [string, string][]).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...ours, ...headers },
    });
  }

  async send(path: string, init: Omit<RequestInit, 'headers'> & { headers: Fields }): Promise<Seen> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = { accept: 'text/html', ...init.headers };
    if (cookie !== '' && headers['cookie'] === undefined) headers['cookie'] = cookie;
    const { server, issuer } = this.#pages;
    const response = await server.fetch(new Request(issuer + path, { ...init, headers, redirect: 'manual' }), {
      remoteAddress: '127.0.0.1',
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const text = await response.text();
    this.#formToken = /name="form" value="([^"]+)"/.exec(text)?.[1] ?? this.#formToken;
    const location = response.headers.get('location');
    return { status: response.status, headers: response.headers, text, location };
  }

  #keep(line: string): void {
    const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
    if (rest.includes('Max-Age=0')) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  async signUp(email: string, password = PASSWORD): Promise<Seen> {
    await this.get('/sign-up');
    return this.submit('/sign-up', { email, password, name: '' });
  }

  async signIn(email: string, password = PASSWORD, more: Fields = {}): Promise<Seen> {
    await this.get('/sign-in');
    return this.submit('/sign-in', { email, password, ...more });
  }

  /** Makes an account and signs in. */
  async enter(email: string): Promise<this> {
    await this.signUp(email);
    await this.signIn(email);
    return this;
  }
}

export const PASSWORD = 'correct horse battery';
