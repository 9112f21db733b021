import { type AccessTokens, createAccessTokens } from './access-tokens.ts';
import { type Announcement, openAnnouncements } from './announcements.ts';
import { ClientError, isPassing } from './client-error.ts';
import type { ClientSettings } from './options.ts';
import { forgetCredential, refresh, SessionOver, storeCredential } from './refresh.ts';
import { checkOpen } from './server-calls.ts';
import type { TokenAnswer } from './token-answer.ts';

/** `unknown` until the server was asked, and again when another tab signed somebody in. */
export type SignInState = 'unknown' | 'signed-in' | 'signed-out';

/** Who is signed in here: state, access tokens, and the one refresh at a time. */
export interface Session {
  readonly state: SignInState;
  /** Aborted once the client is closed. */
  readonly closing: AbortSignal;
  subscribe(listener: (state: SignInState) => void): () => void;
  /** @param resource  Empty for the account API. */
  accessToken(resource: string): Promise<string>;
  /** Another token instead of a refused one. */
  replaceAccessToken(resource: string, refused: string): Promise<string>;
  /** Runs a sign-in, alone among all that use the credential. */
  begin(resource: string, signIn: () => Promise<TokenAnswer>): Promise<void>;
  /** Likewise a sign-out; where it fails, nothing has changed. */
  end(signOut: () => Promise<void>): Promise<void>;
  resume(): Promise<SignInState>;
  close(): void;
}

export function createSession(settings: ClientSettings): Session {
  const tokens: AccessTokens = createAccessTokens(settings.monotonic);
  const renewals = new Map<string, Promise<string>>();
  const listeners = new Set<(state: SignInState) => void>();
  const closing = new AbortController();
  const announcements = settings.isShared ? openAnnouncements(settings.name, hear) : undefined;
  let state: SignInState = 'unknown';
  // not the state: `resume` asks the server again without first unsaying what is shown
  let mayRefresh = true;

  function setState(next: SignInState): void {
    mayRefresh = next !== 'signed-out';
    if (next === state) return;
    state = next;
    // each in a task of its own: a listener that throws or calls back disturbs nobody
    for (const listener of listeners) queueMicrotask(() => listener(next));
  }

  function forget(): void {
    tokens.clear();
    setState('signed-out');
  }

  function hear(event: Announcement): void {
    if (event === 'signed-out') void hearSignOut();
    // somebody else may be signed in now. With bearer delivery the own refresh token says so at the next refresh.
    else if (settings.delivery === 'cookie' || state !== 'signed-in') {
      tokens.clear();
      setState('unknown');
    }
  }

  /** Where the credential can be looked at, the announcement need not be believed. */
  async function hearSignOut(): Promise<void> {
    if (settings.delivery === 'bearer') {
      const kept = await settings.storage.get('refresh-token').catch(() => 'unreadable');
      if (kept !== undefined) return;
    }
    forget();
  }

  function renew(resource: string): Promise<string> {
    const running = renewals.get(resource);
    if (running !== undefined) return running;
    const renewal = refreshUnderLock(resource).finally(() => renewals.delete(resource));
    renewals.set(resource, renewal);
    return renewal;
  }

  function refreshUnderLock(resource: string): Promise<string> {
    return settings.locks.request(settings.name, async () => {
      checkOpen(closing.signal);
      // signed out while it waited for the lock
      if (!mayRefresh) throw new SessionOver('client/signed-out', 0);
      try {
        const { accessToken, lifeMs } = await refresh(settings, resource, closing.signal);
        tokens.set(resource, accessToken, lifeMs);
        setState('signed-in');
        return accessToken;
      } catch (error) {
        if (error instanceof SessionOver) {
          if (state === 'signed-in') announcements?.announce('signed-out');
          forget();
        }
        throw error;
      }
    });
  }

  async function accessToken(resource: string): Promise<string> {
    checkOpen(closing.signal);
    const cached = tokens.find(resource);
    if (cached !== undefined && !cached.isDue) return cached.text;
    if (!mayRefresh) throw new ClientError('client/signed-out', 0);
    try {
      return await renew(resource);
    } catch (error) {
      // the old one is good for as long as it lives
      const left = isPassing(error) ? tokens.find(resource) : undefined;
      if (left === undefined) throw error;
      return left.text;
    }
  }

  return {
    get state() {
      return state;
    },
    closing: closing.signal,
    subscribe(listener) {
      // a function of its own, so that the same listener twice is two subscriptions
      const entry = (next: SignInState): void => {
        if (listeners.has(entry)) listener(next);
      };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    accessToken,
    async replaceAccessToken(resource, refused) {
      tokens.drop(resource, refused);
      return accessToken(resource);
    },
    begin: (resource, signIn) =>
      settings.locks.request(settings.name, async () => {
        const answer = await signIn();
        tokens.clear();
        await storeCredential(settings, answer);
        tokens.set(resource, answer.accessToken, answer.lifeMs);
        setState('signed-in');
        announcements?.announce('signed-in');
      }),
    end: (signOut) =>
      settings.locks.request(settings.name, async () => {
        await signOut();
        await forgetCredential(settings);
        forget();
        announcements?.announce('signed-out');
      }),
    async resume() {
      checkOpen(closing.signal);
      mayRefresh = true;
      try {
        await accessToken('');
      } catch (error) {
        if (!(error instanceof SessionOver) && !isPassing(error)) throw error;
      }
      return state;
    },
    close() {
      closing.abort();
      announcements?.close();
      listeners.clear();
      tokens.clear();
    },
  };
}
