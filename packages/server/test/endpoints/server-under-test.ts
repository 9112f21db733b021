import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  type AuthorizationServer,
  createServer,
  type LogEntry,
  type Mail,
  type ServerOptions,
} from '../../src/index.ts';
import { openStore } from '../../src/stores/kysely-store.ts';
import { openNodeSqlite } from '../../src/stores/node-sqlite.ts';
import { sqliteDialect } from '../../src/stores/sqlite.ts';
import { Fault, withFault } from '../stores/faulty-dialect.ts';
import { checkDocumented } from './documented.ts';

export const ISSUER = 'https://auth.example.test';
export const API = 'https://api.example.test';
export const APP_ORIGIN = 'https://app.example.test';
export const BEARER_ORIGIN = 'https://phone.example.test';
export const FEED_KEY = 'a-feed-key-of-thirty-two-characters';
export const PASSWORD = 'correct horse battery';

/** What a page of the issuer itself sends. */
export const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' } as const;

/** A clock that moves by hand. */
export class HandClock {
  now: number = Date.UTC(2026, 0, 1);
  readonly read = (): number => this.now;
  pass(seconds: number): void {
    this.now += seconds * 1_000;
  }
}

export interface Call {
  /** Default: POST with a body, else GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is; the content type is the caller's. */
  readonly raw?: string | Uint8Array;
  readonly bearer?: string;
  readonly cookie?: string;
  readonly remoteAddress?: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

export interface UnderTest {
  readonly server: AuthorizationServer;
  readonly clock: HandClock;
  readonly log: LogEntry[];
  /** What was sent, oldest first. */
  readonly mails: Mail[];
  /** Lets statements of the database fail. */
  readonly fault: Fault;
  /** Sends a request; its answer is held to the OpenAPI document on the way. */
  call(path: string, call?: Call): Promise<Response>;
  signUp(email: string): Promise<void>;
  /** Signs in with bearer delivery. */
  signIn(email: string, more?: object): Promise<Tokens>;
  /** Signs in with cookie delivery. */
  signInCookie(email: string, more?: object): Promise<{ readonly accessToken: string; readonly cookie: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options that differ from the usual ones; undefined leaves one out. */
export type Changed = { readonly [Name in keyof ServerOptions]?: ServerOptions[Name] | undefined };

/** The whole server over a database in memory, for one test: `await using`. */
export async function openServer(options: Changed = {}): Promise<UnderTest> {
  const { under, open } = prepareServer(options);
  await open();
  return under;
}

/**
 * The same for all tests of a `describe`: opened before the first of them and closed after the last, so not to be asked
 * anything while tests are collected. A server that is open looks after its database some ten times a second: forty that
 * wait for their turn keep a machine busier than the tests do.
 */
export function shareServer(options: Changed = {}): UnderTest {
  const { under, open } = prepareServer(options);
  beforeAll(open);
  afterAll(() => under.server.close());
  return under;
}

function prepareServer(options: Changed): { readonly under: UnderTest; open(): Promise<void> } {
  const clock = new HandClock();
  const log: LogEntry[] = [];
  const mails: Mail[] = [];
  const fault = new Fault();
  const issuer = options.issuer ?? ISSUER;
  const { server, open } = openLater(issuer, () =>
    createServer(
      withoutUndefined({
        issuer,
        database: {
          open: async (storeOptions) =>
            openStore(
              withFault(sqliteDialect(await openNodeSqlite(':memory:'), await openNodeSqlite(':memory:')), fault),
              storeOptions,
            ),
        },
        secrets: [randomBytes(32).toString('base64url')],
        resources: [{ identifier: API, scopes: ['notes:read', 'notes:write'] }],
        clients: [{ id: 'mobile', name: 'Mobile app' }],
        origins: [APP_ORIGIN],
        bearerOrigins: [BEARER_ORIGIN],
        feedKeys: [{ name: 'api', key: FEED_KEY }],
        clock: clock.read,
        log: (entry) => log.push(entry),
        sendMail: async (mail) => void mails.push(mail),
        ...options,
      }),
    ),
  );

  async function call(path: string, given: Call = {}): Promise<Response> {
    const { json, raw, bearer, cookie, remoteAddress } = given;
    const body = json === undefined ? raw : JSON.stringify(json);
    const request = new Request(issuer + path, {
      method: given.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(cookie === undefined ? {} : { cookie }),
        ...given.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Uint8Array.from(body) }),
    });
    const response = await server.fetch(request, remoteAddress === undefined ? {} : { remoteAddress });
    await checkDocumented(request, response);
    return response;
  }

  const under: UnderTest = {
    server,
    clock,
    log,
    mails,
    fault,
    call,
    async signUp(email) {
      const answer = await call('/v1/sign-up', { json: { email, password: PASSWORD } });
      expect(answer.status).toBe(201);
    },
    async signIn(email, more = {}) {
      const answer = await call('/v1/sign-in', { json: { email, password: PASSWORD, delivery: 'bearer', ...more } });
      expect(answer.status).toBe(200);
      return (await answer.json()) as Tokens;
    },
    async signInCookie(email, more = {}) {
      const answer = await call('/v1/sign-in', { json: { email, password: PASSWORD, ...more }, headers: SAME_ORIGIN });
      expect(answer.status).toBe(200);
      const { access_token: accessToken } = (await answer.json()) as Tokens;
      const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
      return { accessToken, cookie };
    },
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
  return { under, open };
}

/** A server that can be handed on before it is there. */
function openLater(issuer: string, create: () => Promise<AuthorizationServer>) {
  let opened: AuthorizationServer | undefined;
  const running = (): AuthorizationServer => {
    if (opened === undefined) throw new Error('the server is not open yet: ask it in a test or in beforeAll');
    return opened;
  };
  const server: AuthorizationServer = {
    issuer,
    get firstAdminLink() {
      return running().firstAdminLink;
    },
    fetch: (...given) => running().fetch(...given),
    connectedVerifiers: () => running().connectedVerifiers(),
    findUpstreamTokens: (...given) => running().findUpstreamTokens(...given),
    drain: () => running().drain(),
    close: async () => opened?.close(),
  };
  return {
    server,
    async open() {
      opened = await create();
    },
  };
}

/** Status and code of an answer; the code is undefined where there is no problem body. */
export async function verdict(response: Response): Promise<readonly [number, string | undefined]> {
  if (response.headers.get('content-type') !== 'application/problem+json') return [response.status, undefined];
  return [response.status, ((await response.json()) as { readonly code: string }).code];
}

function withoutUndefined(options: { [Name in keyof ServerOptions]: ServerOptions[Name] | undefined }): ServerOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as unknown as ServerOptions;
}
