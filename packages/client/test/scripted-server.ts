// A small authorization server after docs/protocol.md §2–§3, over real sockets, that does on demand what networks do.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request instead of a plain answer. `lost`: it is carried out, and the answer never arrives. */
export type Trouble =
  | { readonly kind: 'lost' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly retryAfter?: number }
  | { readonly kind: 'foreign'; readonly status: number; readonly body: string };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

interface Grant {
  readonly delivery: string;
  counter: number;
  advancedAt: number;
  advancedWith: string | undefined;
  wasPresented: boolean;
  isOver: boolean;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const PASSWORD = 'correct horse battery staple';
const COOKIE = 'mapae-refresh';
const WINDOW_MS = 30_000;

export class ScriptedServer {
  readonly seen: SeenRequest[] = [];
  readonly access = new Set<string>();
  /** Moves the server's clock; the client's must not care. */
  laterMs = 0;
  expiresIn = 300;
  #url = '';
  #serial = 0;
  readonly #grants = new Map<string, Grant>();
  readonly #troubles = new Map<string, Trouble[]>();
  readonly #http = createServer((request, response) => void this.#serve(request, response));

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
    return this;
  }

  get url(): string {
    return this.#url;
  }

  /** The next requests to a path meet these, one each. */
  script(path: string, ...troubles: Trouble[]): void {
    this.#troubles.set(path, troubles);
  }

  requests(path: string): readonly SeenRequest[] {
    return this.seen.filter((request) => request.path === path);
  }

  get counters(): readonly number[] {
    return [...this.#grants.values()].map(({ counter }) => counter);
  }

  endAll(): void {
    for (const grant of this.#grants.values()) grant.isOver = true;
  }

  async close(): Promise<void> {
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method = '', url: path = '', headers } = request;
    const seen = { method, path, headers, body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown> };
    this.seen.push(seen);
    const trouble = this.#troubles.get(path)?.shift();
    if (trouble?.kind === 'refused') {
      const retry = trouble.retryAfter === undefined ? {} : { 'retry-after': String(trouble.retryAfter) };
      return send(response, problem(trouble.status, trouble.code, retry));
    }
    if (trouble?.kind === 'foreign') {
      response.writeHead(trouble.status, { 'content-type': 'text/html' });
      response.end(trouble.body);
      return;
    }
    const answer = this.#answer(seen);
    if (trouble?.kind === 'lost') return void request.socket.destroy();
    if (trouble?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, trouble.ms));
    send(response, answer);
  }

  #answer(request: SeenRequest): Answer {
    switch (`${request.method} ${request.path}`) {
      case 'POST /v1/sign-up':
        return { status: 201, body: { email: request.body['email'] } };
      case 'POST /v1/sign-in':
        return this.#signIn(request);
      case 'POST /v1/refresh':
        return this.#refresh(request);
      case 'POST /v1/sign-out': {
        const presented = this.#credential(request);
        if (presented === undefined) return problem(400, 'invalid_request');
        const grant = this.#grants.get(presented.split('.')[2] ?? '');
        if (grant !== undefined) grant.isOver = true;
        return { status: 204, headers: grant?.delivery === 'cookie' ? { 'set-cookie': cookie('', 0) } : {} };
      }
      default:
        return this.#account(request);
    }
  }

  #signIn({ body }: SeenRequest): Answer {
    if (body['password'] !== PASSWORD) return problem(401, 'account/credentials');
    const id = `grant${++this.#serial}`.padEnd(22, '0');
    const delivery = String(body['delivery']);
    const grant = { delivery, counter: 0, advancedAt: 0, advancedWith: undefined, wasPresented: true, isOver: false };
    this.#grants.set(id, grant);
    return this.#tokens(id, grant, body['resource']);
  }

  #refresh(request: SeenRequest): Answer {
    const presented = this.#credential(request);
    if (presented === undefined) return problem(400, 'invalid_request');
    const [, , id = '', counter = ''] = presented.split('.');
    const grant = this.#grants.get(id);
    const key = request.headers['idempotency-key'];
    if (grant === undefined || grant.isOver) return problem(400, 'invalid_grant', { 'set-cookie': cookie('', 0) });
    const isWithin = this.#now() - grant.advancedAt < WINDOW_MS;
    if (Number(counter) === grant.counter) {
      grant.wasPresented = true;
      if (!isWithin) {
        grant.counter++;
        grant.advancedAt = this.#now();
        grant.advancedWith = typeof key === 'string' ? key : undefined;
        grant.wasPresented = false;
      }
    } else {
      const isRetry = !grant.wasPresented && grant.advancedWith !== undefined && key === grant.advancedWith;
      if (Number(counter) !== grant.counter - 1 || !(isWithin || isRetry)) {
        grant.isOver = true;
        return problem(400, 'invalid_grant');
      }
    }
    return this.#tokens(id, grant, request.body['resource'], Number(counter) !== grant.counter);
  }

  #account({ method, path, headers }: SeenRequest): Answer {
    if (!this.access.has(headers.authorization ?? '')) {
      return problem(401, 'invalid_token', { 'www-authenticate': 'Bearer realm="mapae", error="invalid_token"' });
    }
    if (path === '/v1/me') {
      const time = '2030-01-01T00:00:00.000Z';
      const person = { id: 'u'.repeat(22), email: 'ada@example.com', email_verified: false, name: null };
      return { status: 200, body: { ...person, created_at: time, roles: [] } };
    }
    if (path === '/v1/sign-out-everywhere') {
      this.endAll();
      return { status: 204 };
    }
    if (path === '/v1/sessions') {
      const time = '2030-01-01T00:00:00.000Z';
      const session = { id: 's'.repeat(22), created_at: time, last_used_at: time, current: true, device: 'test' };
      return { status: 200, body: { sessions: [{ ...session, user_agent: null, ip: null }] } };
    }
    if (method === 'DELETE' && path === `/v1/sessions/${'s'.repeat(22)}`) return { status: 204 };
    return problem(404, 'session/unknown');
  }

  #tokens(id: string, grant: Grant, resource: unknown, rotated?: boolean): Answer {
    const access = `access-${typeof resource === 'string' ? 'api' : 'account'}-${++this.#serial}`;
    this.access.add(`Bearer ${access}`);
    const refresh = `mr1.secret.${id}.${grant.counter}.${'t'.repeat(43)}`;
    const body = { access_token: access, token_type: 'Bearer', expires_in: this.expiresIn, scope: '', rotated };
    if (grant.delivery === 'cookie' && rotated === false) return { status: 200, body };
    return grant.delivery === 'cookie'
      ? { status: 200, body, headers: { 'set-cookie': cookie(refresh, 3_600) } }
      : { status: 200, body: { ...body, refresh_token: refresh } };
  }

  #credential({ body, headers }: SeenRequest): string | undefined {
    if (typeof body['refresh_token'] === 'string') return body['refresh_token'];
    return new RegExp(`${COOKIE}=([^;]+)`).exec(headers.cookie ?? '')?.[1];
  }

  #now(): number {
    // a fresh grant counts as advanced long ago
    return performance.now() + 10 * WINDOW_MS + this.laterMs;
  }
}

function cookie(value: string, maxAge: number): string {
  return `${COOKIE}=${value}; HttpOnly; SameSite=Strict; Path=/; Max-Age=${maxAge}`;
}

function problem(status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = { type: 'about:blank', title: 'No.', status, code, detail: 'Not like this.' };
  return { status, body, headers: { 'content-type': 'application/problem+json', ...headers } };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** A `fetch` with a browser's cookies: sent and taken only with `credentials: 'include'`. Share it, and two clients are two tabs. */
export function createCookieFetch(send: typeof fetch = fetch, isLost: () => boolean = () => false): typeof fetch {
  let jar = '';
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    const withCookies = init?.credentials === 'include';
    if (withCookies && jar !== '') headers.set('cookie', jar);
    const response = await send(input, { ...init, headers });
    if (isLost()) throw new TypeError('the connection was lost');
    const set = response.headers.getSetCookie()[0];
    if (withCookies && set !== undefined) jar = set.includes('Max-Age=0') ? '' : set.slice(0, set.indexOf(';'));
    return response;
  };
}
