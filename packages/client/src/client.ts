import { type Account, type AccountSession, parseAccount, parseSessions } from './account.ts';
import { sendAuthorized } from './authorized.ts';
import { findDeviceToken, keepDeviceToken } from './device-token.ts';
import { type ClientOptions, parseClientOptions } from './options.ts';
import { protectedFetch } from './protected-fetch.ts';
import {
  callServer,
  callServerPatiently,
  checkAnswer,
  type ServerAnswer,
  type ServerCall,
  toError,
} from './server-calls.ts';
import { createSession, type SignInState } from './session.ts';
import { parseTokenAnswer } from './token-answer.ts';

/** An app's side of sign-in. Create one for each server, and keep it. All methods but `fetch` throw {@link ClientError} alone. */
export interface Client {
  /** Answers the same for a new and a known address. */
  signUp(account: { readonly email: string; readonly password: string; readonly name?: string }): Promise<void>;
  /**
   * @param resource  Identifier of the API that the first access token is for. Default: the account API.
   * @throws {ClientError} `account/credentials`, `request/too-many`, …
   */
  signIn(credentials: { readonly email: string; readonly password: string }, resource?: string): Promise<void>;
  /** Ends the session at the server, then here and in the other tabs. Where the server can't be reached, throws and stays signed in. */
  signOut(): Promise<void>;
  /** Ends all sessions of the person. */
  signOutEverywhere(): Promise<void>;
  me(): Promise<Account>;
  /** Newest first. */
  sessions(): Promise<readonly AccountSession[]>;
  /** Resolves once every connected API has been told. @throws {ClientError} `session/unknown` */
  endSession(id: string): Promise<void>;
  /**
   * A token with life in it; refreshed where little is left.
   *
   * @param resource  Identifier of the API. Default: the account API.
   * @throws {ClientError} `invalid_grant`, `client/signed-out`: sign in again; `client/network` and others: try again later
   */
  accessToken(resource?: string): Promise<string>;
  /**
   * `fetch` that adds the access token on the configured origins and nowhere else. There, redirects are errors unless `init` says
   * otherwise. Where a token is refused, and the body isn't a stream or a `Request`'s, the request is sent once more with another.
   *
   * @throws {ClientError} where no token can be had; else whatever `fetch` throws.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  readonly state: SignInState;
  /** Calls back at each change of `state`. @returns A function that ends it. */
  subscribe(listener: (state: SignInState) => void): () => void;
  /** Finds out whether somebody is signed in. Where the server can't be reached, the state stays what it was. */
  resume(): Promise<SignInState>;
  /** Ends what is under way. Signs nobody out. */
  close(): void;
}

/** Account ids are base64url; anything else would change the path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createClient(options: ClientOptions): Client {
  const settings = parseClientOptions(options);
  const session = createSession(settings);
  const { closing } = session;
  const identify = (resource: string | undefined): string =>
    resource === undefined || resource === settings.server ? '' : resource;
  const callAccount = (call: ServerCall): Promise<ServerAnswer> =>
    sendAuthorized(session, '', (token) => callServer(settings, { ...call, token }, closing));

  return {
    async signUp({ email, password, name }) {
      const body = { email, password, ...(name === undefined ? {} : { name }) };
      checkAnswer(await callServer(settings, { method: 'POST', path: '/v1/sign-up', body }, closing));
    },
    async signIn({ email, password }, resource) {
      const target = identify(resource);
      const { clientId, delivery, device } = settings;
      const body = {
        email,
        password,
        delivery,
        ...(clientId === undefined ? {} : { client_id: clientId }),
        ...(device === undefined ? {} : { device }),
        ...(target === '' ? {} : { resource: target }),
      };
      await session.begin(target, async () => {
        const deviceToken = await findDeviceToken(settings);
        const full = deviceToken === undefined ? body : { ...body, device_token: deviceToken };
        const call = { method: 'POST', path: '/v1/sign-in', body: full } as const;
        const answer = parseTokenAnswer(await callServer(settings, call, closing), delivery);
        await keepDeviceToken(settings, answer);
        return answer;
      });
    },
    signOut: () =>
      session.end(async () => {
        const { delivery, storage } = settings;
        const refreshToken = delivery === 'bearer' ? await storage.get('refresh-token') : undefined;
        if (delivery === 'bearer' && refreshToken === undefined) return;
        const body = refreshToken === undefined ? {} : { refresh_token: refreshToken };
        const answer = await callServerPatiently(settings, { method: 'POST', path: '/v1/sign-out', body }, closing);
        // there was no cookie: nobody to sign out
        if (answer.status === 400 && toError(answer).code === 'invalid_request') return;
        checkAnswer(answer);
      }),
    async signOutEverywhere() {
      checkAnswer(await callAccount({ method: 'POST', path: '/v1/sign-out-everywhere' }));
      await session.end(async () => {});
    },
    me: async () => parseAccount(await callAccount({ method: 'GET', path: '/v1/me' })),
    sessions: async () => parseSessions(await callAccount({ method: 'GET', path: '/v1/sessions' })),
    async endSession(id) {
      if (!ID.test(id)) throw new TypeError('id must be the id of a session');
      checkAnswer(await callAccount({ method: 'DELETE', path: `/v1/sessions/${id}` }));
    },
    accessToken: (resource) => session.accessToken(identify(resource)),
    fetch: (input, init) => protectedFetch(settings, session, input, init),
    get state() {
      return session.state;
    },
    subscribe: (listener) => session.subscribe(listener),
    resume: () => session.resume(),
    close: () => session.close(),
  };
}
