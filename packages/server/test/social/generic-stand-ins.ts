import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Providers at addresses that the options name: two that people set up as `oauth2`, and a GitHub Enterprise Server. Made from what their
 * documentation says of the wire; they refuse what it says is refused, and import nothing of ours.
 */
export interface GenericStandIns {
  readonly port: number;
  /** What the provider knows of whoever comes. */
  person: Record<string, unknown>;
  /** Names under `Authorization` or in the body that the last token request showed itself with. */
  readonly seen: { authentication: 'basic' | 'body' | 'public' | 'none' };
  close(): Promise<void>;
}

/** A secret with characters that RFC 6749 §2.3.1 encodes before Basic does. */
export const APP = { id: 'client-of-the-test', secret: 'a secret: with/odd+characters%' };
const HOSTS = ['discord.com', 'x.com', 'api.x.com', 'ghe.example.test'];

export function routeToGeneric({ port }: { readonly port: number }): (url: string) => string {
  return (url) => {
    const { hostname, pathname, search } = new URL(url);
    return HOSTS.includes(hostname) ? `http://127.0.0.1:${port}/${hostname}${pathname}${search}` : url;
  };
}

interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly body: URLSearchParams;
}
interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly location?: string;
}
interface Grant {
  readonly provider: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly scopes: readonly string[];
}

const invalid = (error: string, status = 400): Answer => ({ status, json: { error } });

export async function startGenericStandIns(redirectUriOf: (provider: string) => string): Promise<GenericStandIns> {
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, Grant>();
  const running: GenericStandIns = {
    port: 0,
    person: {},
    seen: { authentication: 'none' },
    close: async () => {},
  };

  function authorize(provider: string, { query }: Asked): Answer {
    const redirectUri = query.get('redirect_uri') ?? '';
    // shown to the person, never gone to
    if (query.get('client_id') !== APP.id || redirectUri !== redirectUriOf(provider)) return invalid('redirect_uri');
    if (query.get('response_type') !== 'code') return invalid('unsupported_response_type');
    const challenge = query.get('code_challenge');
    // https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code: both are required
    if (provider === 'x' && (challenge === null || query.get('state') === null)) return invalid('invalid_request');
    const scopes = (query.get('scope') ?? '').split(' ');
    const code = randomBytes(12).toString('hex');
    codes.set(code, { provider, redirectUri, challenge, scopes });
    const back = new URLSearchParams({ code, state: query.get('state') ?? '' });
    return { location: `${redirectUri}?${back.toString()}` };
  }

  /** RFC 6749 §2.3.1: Basic of both parts, each form-encoded; or both in the body; never in two ways. */
  function authenticates({ headers, body }: Asked, isPublicAllowed: boolean): boolean {
    const [, basic] = /^Basic (\S+)$/.exec(headers.authorization ?? '') ?? [];
    if (basic !== undefined) {
      running.seen.authentication = 'basic';
      const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':');
      const decoded = [id, secret].map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      return decoded[0] === APP.id && decoded[1] === APP.secret && !body.has('client_secret');
    }
    if (body.get('client_id') !== APP.id) return false;
    running.seen.authentication = body.has('client_secret') ? 'body' : 'public';
    return body.has('client_secret') ? body.get('client_secret') === APP.secret : isPublicAllowed;
  }

  function token(provider: string, asked: Asked): Answer {
    const { headers, body } = asked;
    // Discord: "these endpoints only accept a content type of application/x-www-form-urlencoded"
    // https://discord.com/developers/docs/topics/oauth2
    if (!(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded'))
      return invalid('invalid_request');
    // X: "public clients" send client_id alone
    if (!authenticates(asked, provider === 'x')) return invalid('invalid_client', 401);
    if (body.get('grant_type') !== 'authorization_code') return invalid('unsupported_grant_type');
    const code = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    const verifier = body.get('code_verifier');
    const isProved =
      code?.challenge === null ||
      createHash('sha256')
        .update(verifier ?? '')
        .digest('base64url') === code?.challenge;
    const isRight = code?.provider === provider && body.get('redirect_uri') === code.redirectUri;
    // GitHub Enterprise Server of before PKCE leaves it unread
    if (!isRight || (provider !== 'ghe' && !isProved))
      // GitHub says it with 200
      return provider === 'ghe' ? { json: { error: 'bad_verification_code' } } : invalid('invalid_grant');
    const accessToken = randomBytes(12).toString('hex');
    tokens.set(accessToken, code);
    if (provider === 'ghe')
      return { json: { access_token: accessToken, token_type: 'bearer', scope: code.scopes.join(',') } };
    return {
      json: { access_token: accessToken, token_type: 'Bearer', expires_in: 7_200, scope: code.scopes.join(' ') },
    };
  }

  function profile(address: string, { headers, query }: Asked): Answer {
    const bearer = /^Bearer (\w+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    const grant = tokens.get(bearer);
    if (grant === undefined) return { status: 401, json: { message: '401: Unauthorized', code: 0 } };
    const { person } = running;
    switch (address) {
      // https://discord.com/developers/docs/resources/user#get-current-user
      case 'discord.com/api/users/@me': {
        if (!grant.scopes.includes('identify'))
          return { status: 403, json: { message: 'Missing Access', code: 50_001 } };
        const { email, verified, ...rest } = person;
        return { json: grant.scopes.includes('email') ? { ...rest, email, verified } : rest };
      }
      // https://docs.x.com/x-api/users/get-my-user
      case 'api.x.com/2/users/me': {
        if (!grant.scopes.includes('users.read')) return { status: 403, json: { title: 'Forbidden' } };
        const { profile_image_url: picture, ...rest } = person;
        const fields = (query.get('user.fields') ?? '').split(',');
        return {
          json: { data: fields.includes('profile_image_url') ? { ...rest, profile_image_url: picture } : rest },
        };
      }
      // https://docs.github.com/en/enterprise-server@latest/rest/quickstart: under /api/v3 of the host itself
      case 'ghe.example.test/api/v3/user':
        return { json: { ...person, emails: undefined } };
      case 'ghe.example.test/api/v3/user/emails':
        return grant.scopes.includes('user:email')
          ? { json: person['emails'] }
          : { status: 404, json: { message: 'Not Found' } };
      default:
        return { status: 404, json: { message: 'Not Found' } };
    }
  }

  const AUTHORIZE: Readonly<Record<string, string>> = {
    'discord.com/oauth2/authorize': 'discord',
    'x.com/i/oauth2/authorize': 'x',
    'ghe.example.test/login/oauth/authorize': 'ghe',
  };
  const TOKEN: Readonly<Record<string, string>> = {
    'discord.com/api/oauth2/token': 'discord',
    'api.x.com/2/oauth2/token': 'x',
    'ghe.example.test/login/oauth/access_token': 'ghe',
  };

  function answer(address: string, asked: Asked): Answer {
    const [authorizes, gives] = [AUTHORIZE[address], TOKEN[address]];
    if (authorizes !== undefined) return authorize(authorizes, asked);
    if (gives === undefined) return profile(address, asked);
    return asked.method === 'POST' ? token(gives, asked) : { status: 405 };
  }

  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://stand-in');
      const { method = 'GET', headers } = request;
      const asked = { method, headers, query, body: new URLSearchParams(text) };
      const { status = 200, json, location } = answer(pathname.slice(1), asked);
      if (location !== undefined) return void response.writeHead(302, { location }).end();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(running, {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}
