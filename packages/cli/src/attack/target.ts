import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Attempt } from './attempt.ts';

const TIMEOUT_MS = 10_000;

/** What an endpoint said: its status, or that there was no answer. */
export type Answer = number | 'no answer';

/** An endpoint of one's own. Only ever asked by GET, by one request at a time, no faster than was said. */
export interface Target {
  ask(attempt: Pick<Attempt, 'headers' | 'query'>): Promise<Answer>;
  close(): void;
}

/** @param perSecond Most requests a second. */
export function createTarget(url: URL, perSecond: number): Target {
  const isSecure = url.protocol === 'https:';
  const agent = isSecure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  let nextAt = 0;

  async function turn(): Promise<void> {
    const now = performance.now();
    nextAt = Math.max(now, nextAt + 1_000 / perSecond);
    if (nextAt > now) await new Promise((resolve) => setTimeout(resolve, nextAt - now));
  }

  return {
    async ask({ headers, query }) {
      await turn();
      const address = new URL(url);
      if (query !== undefined) address.search = `${address.search === '' ? '?' : `${address.search}&`}${query}`;
      return new Promise<Answer>((resolve) => {
        // nothing but what is said here: a second header of one name is sent as it is
        const raw = ['host', address.host, 'accept', '*/*', ...headers];
        const options = { method: 'GET', headers: raw, agent, timeout: TIMEOUT_MS };
        const request = (isSecure ? httpsRequest : httpRequest)(address, options, (response: IncomingMessage) => {
          response.resume().on('close', () => resolve(response.statusCode ?? 'no answer'));
        });
        request.on('timeout', () => request.destroy());
        request.on('error', () => resolve('no answer'));
        request.end();
      });
    },
    close: () => agent.destroy(),
  };
}
