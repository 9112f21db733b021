import { randomBytes } from 'node:crypto';
import { createServer, databaseFromUrl } from '@mapae/server';

export const PASSWORD = 'correct horse battery';
const ISSUER = 'https://auth.example.test';

export interface TimedServer {
  post(path: string, json: object): Promise<Response>;
  get(path: string, bearer: string): Promise<Response>;
  readonly firstAdminToken: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The whole server on a database, without a socket: the time of a request is its own. */
export async function openTimedServer(url: string, secret: string = newSecret()): Promise<TimedServer> {
  const server = await createServer({
    issuer: ISSUER,
    database: databaseFromUrl(url),
    secrets: [secret],
    sendMail: async () => {},
  });
  return {
    firstAdminToken: /\?token=([\w-]{22})/.exec(server.firstAdminLink ?? '')?.[1] ?? '',
    post(path, json) {
      const { bearer, ...body } = json as { readonly bearer?: string };
      const headers = {
        'content-type': 'application/json',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      };
      return server.fetch(new Request(ISSUER + path, { method: 'POST', headers, body: JSON.stringify(body) }));
    },
    get: (path, bearer) => server.fetch(new Request(ISSUER + path, { headers: { authorization: `Bearer ${bearer}` } })),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
