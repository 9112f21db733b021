import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Exchange } from './observer.ts';

type Distribute<T> = T extends unknown ? Omit<T, 'began' | 'ended' | 'family' | 'status'> : never;

/** One signed-in device that keeps the promises a client makes: a key for each refresh token, kept until it has rotated. */
export interface Device {
  readonly family: string;
  /** All refresh tokens it ever held, oldest first. */
  readonly held: readonly string[];
  signIn(): Promise<void>;
  /** Refreshes as an honest client; `tabs` at once with the same token and key. */
  refresh(tabs?: number): Promise<void>;
  /** Presents the nth token it held, on purpose. */
  replay(index: number): Promise<void>;
  signOut(): Promise<boolean>;
  /** Calls the API with its newest access token. */
  call(): Promise<number | undefined>;
  callWith(token: string): Promise<number | undefined>;
  readonly accessToken: string;
}

export interface DeviceOptions {
  readonly family: string;
  readonly email: string;
  readonly password: string;
  readonly api: string;
  /** Address of the authorization server, or of something in front of it. */
  readonly server: () => string;
  /** Address of the API's balancer. */
  readonly balancer: string;
  readonly record: (exchange: Exchange) => void;
}

interface TokenAnswer {
  readonly access_token?: string;
  readonly refresh_token?: string;
}

export function createDevice(options: DeviceOptions): Device {
  const { family, record } = options;
  const held: string[] = [];
  let access = '';
  let key: string | undefined;

  async function exchange<T extends { readonly status: number | undefined }>(
    did: (answer: T | undefined) => Distribute<Exchange>,
    send: () => Promise<T>,
  ): Promise<T | undefined> {
    const began = performance.now();
    const answer = await send().catch(() => undefined);
    record({ ...did(answer), began, ended: performance.now(), family, status: answer?.status } as Exchange);
    return answer;
  }

  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${options.server()}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    return { status: response.status, answer: (text === '' ? {} : JSON.parse(text)) as TokenAnswer };
  }

  async function present(
    token: string,
    intent: 'honest' | 'replay',
    idempotencyKey: string | undefined,
  ): Promise<void> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    const result = await exchange(
      (got) => ({ did: 'refresh', presented: token, received: got?.answer.refresh_token, intent }),
      () => post('/v1/refresh', { refresh_token: token, resource: options.api }, headers),
    );
    if (intent === 'replay' || result?.status !== 200) return;
    access = result.answer.access_token ?? '';
    const next = result.answer.refresh_token;
    // the same token again: its key stays. Late, another tab has gone on: its token is the newer.
    if (next === undefined || next === token || held.at(-1) !== token) return;
    held.push(next);
    key = undefined;
  }

  async function call(token: string, kind: 'good' | 'bad'): Promise<number | undefined> {
    const result = await exchange(
      () => ({ did: 'call', token: kind }),
      async () => {
        const response = await fetch(options.balancer, {
          headers: { authorization: `Bearer ${token}` },
          signal: AbortSignal.timeout(15_000),
        });
        await response.arrayBuffer();
        return { status: response.status };
      },
    );
    return result?.status;
  }

  return {
    family,
    held,
    get accessToken() {
      return access;
    },
    async signIn() {
      const { email, password, api } = options;
      const attempt = () =>
        exchange(
          (got) => ({ did: 'sign-in', refreshToken: got?.answer.refresh_token }),
          () => post('/v1/sign-in', { email, password, resource: api, delivery: 'bearer' }),
        );
      let result = await attempt();
      // a machine under load: the server says so, and a client waits
      for (let tries = 0; result?.status === 503 && tries < 5; tries += 1) {
        await pause(1_000);
        result = await attempt();
      }
      if (result?.status !== 200) throw new Error(`sign-in of ${family}: ${result?.status}`);
      access = result.answer.access_token ?? '';
      held.push(result.answer.refresh_token ?? '');
    },
    async refresh(tabs = 1) {
      key ??= randomUUID();
      const idempotencyKey = key;
      const token = held.at(-1) ?? '';
      await Promise.all(Array.from({ length: tabs }, () => present(token, 'honest', idempotencyKey)));
    },
    replay: (index) => present(held[index] ?? '', 'replay', undefined),
    async signOut() {
      const result = await exchange(
        () => ({ did: 'sign-out' }),
        () => post('/v1/sign-out', { refresh_token: held.at(-1) }),
      );
      return result?.status === 204;
    },
    call: () => call(access, 'good'),
    callWith: (token) => call(token, 'bad'),
  };
}
