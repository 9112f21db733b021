import {
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The providers that no package imitates, made from what their documentation says of the wire, each with its source beside it. They
 * refuse what the provider refuses, and import nothing of ours. One server: the test's `fetch` leads their names here.
 */
export interface StandIns {
  readonly port: number;
  /** What the provider knows of whoever comes. */
  person: Record<string, unknown>;
  /** The last client secret, of Apple. */
  readonly seen: { clientSecret: string; userParameter: boolean; requests: string[] };
  idToken(claims: Record<string, unknown>, alg?: 'RS256' | 'ES256' | 'HS256'): string;
  /** From now on a new RSA key signs, under a new name, and the old one is gone. */
  rotate(): void;
  /** What the addresses of GitHub are answered with instead. */
  emailsAnswer:
    | { readonly status: number; readonly headers?: Record<string, string>; readonly json: unknown }
    | undefined;
  close(): Promise<void>;
}

export const APP = { id: 'client-of-the-test', secret: '0123456789abcdef0123456789abcdef' };
export const APPLE = {
  teamId: 'ABCDE12345',
  keyId: 'KEY1234567',
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
export const HOSTS = [
  'appleid.apple.com',
  'login.microsoftonline.com',
  'kauth.kakao.com',
  'kapi.kakao.com',
  'nid.naver.com',
  'openapi.naver.com',
  'access.line.me',
  'api.line.me',
  'www.facebook.com',
  'graph.facebook.com',
  'limited.facebook.com',
  'github.com',
  'api.github.com',
  'accounts.google.com',
  'oauth2.googleapis.com',
  'www.googleapis.com',
];

interface Code {
  readonly provider: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly scope: string;
}
interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly html?: string;
  readonly headers?: Record<string, string>;
  readonly location?: string;
}

export const TENANT = '11111111-2222-3333-4444-555555555555';

/** Metadata of the OpenID Connect ones, as they are at their addresses. */
const METADATA: Readonly<Record<string, Record<string, unknown>>> = {
  // https://appleid.apple.com/.well-known/openid-configuration
  'appleid.apple.com/.well-known/openid-configuration': {
    issuer: 'https://appleid.apple.com',
    authorization_endpoint: 'https://appleid.apple.com/auth/authorize',
    token_endpoint: 'https://appleid.apple.com/auth/token',
    jwks_uri: 'https://appleid.apple.com/auth/keys',
    id_token_signing_alg_values_supported: ['RS256'],
  },
  // https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration
  'login.microsoftonline.com/common/v2.0/.well-known/openid-configuration': {
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
    authorization_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    jwks_uri: 'https://login.microsoftonline.com/common/discovery/v2.0/keys',
    id_token_signing_alg_values_supported: ['RS256'],
  },
  // https://kauth.kakao.com/.well-known/openid-configuration
  'kauth.kakao.com/.well-known/openid-configuration': {
    issuer: 'https://kauth.kakao.com',
    authorization_endpoint: 'https://kauth.kakao.com/oauth/authorize',
    token_endpoint: 'https://kauth.kakao.com/oauth/token',
    jwks_uri: 'https://kauth.kakao.com/.well-known/jwks.json',
    id_token_signing_alg_values_supported: ['RS256'],
  },
  // https://access.line.me/.well-known/openid-configuration
  'access.line.me/.well-known/openid-configuration': {
    issuer: 'https://access.line.me',
    authorization_endpoint: 'https://access.line.me/oauth2/v2.1/authorize',
    token_endpoint: 'https://api.line.me/oauth2/v2.1/token',
    jwks_uri: 'https://api.line.me/oauth2/v2.1/certs',
    id_token_signing_alg_values_supported: ['ES256'],
  },
  // https://accounts.google.com/.well-known/openid-configuration
  'accounts.google.com/.well-known/openid-configuration': {
    issuer: 'https://accounts.google.com',
    authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    token_endpoint: 'https://oauth2.googleapis.com/token',
    jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
    id_token_signing_alg_values_supported: ['RS256'],
  },
};

const AUTHORIZE: Readonly<Record<string, string>> = {
  'appleid.apple.com/auth/authorize': 'apple',
  'login.microsoftonline.com/common/oauth2/v2.0/authorize': 'microsoft',
  'kauth.kakao.com/oauth/authorize': 'kakao',
  'access.line.me/oauth2/v2.1/authorize': 'line',
  'nid.naver.com/oauth2.0/authorize': 'naver',
  'www.facebook.com/v24.0/dialog/oauth': 'facebook',
  'github.com/login/oauth/authorize': 'github',
  'accounts.google.com/o/oauth2/v2/auth': 'google',
};
const TOKEN: Readonly<Record<string, string>> = {
  'appleid.apple.com/auth/token': 'apple',
  'login.microsoftonline.com/common/oauth2/v2.0/token': 'microsoft',
  'kauth.kakao.com/oauth/token': 'kakao',
  'api.line.me/oauth2/v2.1/token': 'line',
  'nid.naver.com/oauth2.0/token': 'naver',
  'graph.facebook.com/v24.0/oauth/access_token': 'facebook',
  'github.com/login/oauth/access_token': 'github',
  'oauth2.googleapis.com/token': 'google',
};
/** Scopes without which the provider gives less, or nothing. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  apple: ['openid'],
  microsoft: ['openid'],
  kakao: ['openid', 'account_email'],
  line: ['openid', 'profile'],
  naver: [],
  facebook: ['public_profile', 'email'],
  github: ['user:email'],
  google: ['openid'],
};
/** Those that check code verifiers, by their documentation. */
const PKCE = new Set(['microsoft', 'kakao', 'line', 'facebook', 'github', 'google']);
const KEYS = new Set([
  'appleid.apple.com/auth/keys',
  'login.microsoftonline.com/common/discovery/v2.0/keys',
  'kauth.kakao.com/.well-known/jwks.json',
  'api.line.me/oauth2/v2.1/certs',
  'www.googleapis.com/oauth2/v3/certs',
  'limited.facebook.com/.well-known/oauth/openid/jwks/',
]);

/** @param clock  What time it is there: milliseconds since 1970. */
export async function startStandIns(
  redirectUriOf: (provider: string) => string,
  clock: () => number = Date.now,
): Promise<StandIns> {
  let rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  let rsaKid = 'rsa';
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const codes = new Map<string, Code>();
  const tokens = new Map<string, Code>();
  const state: StandIns = {
    port: 0,
    person: {},
    seen: { clientSecret: '', userParameter: true, requests: [] },
    idToken,
    rotate() {
      rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
      rsaKid += '-next';
    },
    emailsAnswer: undefined,
    close: async () => {},
  };

  function idToken(claims: Record<string, unknown>, alg: 'RS256' | 'ES256' | 'HS256' = 'RS256'): string {
    const kid = { RS256: rsaKid, ES256: 'ec', HS256: undefined }[alg];
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })}.${part(claims)}`;
    if (alg === 'HS256') return `${input}.${createHmac('sha256', APP.secret).update(input).digest('base64url')}`;
    const key = alg === 'RS256' ? rsa : { key: ec, dsaEncoding: 'ieee-p1363' as const };
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
  }

  /** RFC 6749 §4.1.1, as each of them has it. A redirect URI that isn't the registered one is shown to the person, never gone to. */
  function authorize(provider: string, query: URLSearchParams): Answer {
    const redirectUri = query.get('redirect_uri') ?? '';
    if (query.get('client_id') !== APP.id || redirectUri !== redirectUriOf(provider))
      return { status: 400, html: '<h1>redirect_uri_mismatch</h1>' };
    const back = (parameters: Record<string, string>): Answer => {
      const all = { ...parameters, state: query.get('state') ?? '' };
      if (provider !== 'apple') return { location: `${redirectUri}?${new URLSearchParams(all).toString()}` };
      const inputs = Object.entries(all).map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value.replaceAll('"', '&quot;')}">`,
      );
      return { html: `<form method="post" action="${redirectUri}">${inputs.join('')}</form>` };
    };
    // "response_mode must be form_post if any scopes were requested"
    // https://developer.apple.com/documentation/signinwithapplerestapi/request-an-authorization-to-the-sign-in-with-apple-server
    if (provider === 'apple' && query.get('response_mode') !== 'form_post')
      return { status: 400, html: 'invalid_request' };
    if (query.get('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
    const scope = query.get('scope') ?? '';
    if (!(NEEDED[provider] ?? []).every((one) => scope.split(' ').includes(one)))
      return back({ error: 'invalid_scope' });
    // "state: required" https://developers.naver.com/docs/login/api/api.md#3-1
    if ((query.get('state') ?? '') === '') return { status: 400, html: 'state' };
    if (PKCE.has(provider) && query.get('code_challenge_method') !== 'S256') return back({ error: 'invalid_request' });
    const code = randomBytes(12).toString('hex');
    const [challenge, nonce] = [query.get('code_challenge'), query.get('nonce')];
    codes.set(code, { provider, redirectUri, challenge, nonce, scope });
    const user = { name: { firstName: '미자', lastName: '김' }, email: state.person['email'] };
    return back({
      code,
      // only the first time: https://developer.apple.com/documentation/signinwithapple/processing-changes-for-sign-in-with-apple-accounts
      ...(provider === 'apple' && state.seen.userParameter ? { user: JSON.stringify(user) } : {}),
      // since 2026; RFC 9207. https://docs.github.com/en/apps/github-authentication-discovery-endpoints
      ...(provider === 'github' ? { iss: 'https://github.com/login/oauth' } : {}),
    });
  }

  /** How each refuses a code. */
  function refusal(provider: string): Answer {
    switch (provider) {
      case 'github': // with 200: https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
        return {
          json: { error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' },
        };
      case 'naver': // with 200: https://developers.naver.com/docs/login/api/api.md
        return { json: { error: 'invalid_request', error_description: 'no valid data in session' } };
      case 'facebook': // https://developers.facebook.com/docs/graph-api/guides/error-handling
        return {
          status: 400,
          json: { error: { message: 'used', type: 'OAuthException', code: 100, error_subcode: 36_009 } },
        };
      default:
        return { status: 400, json: { error: 'invalid_grant' } };
    }
  }

  function authenticates(provider: string, body: URLSearchParams): boolean {
    if (body.get('client_id') !== APP.id) return false;
    const secret = body.get('client_secret') ?? '';
    if (provider !== 'apple') return secret === APP.secret;
    // https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
    state.seen.clientSecret = secret;
    const [head = '', payload = '', signature = ''] = secret.split('.');
    const read = (part: string): Record<string, unknown> =>
      JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const [header, claims] = [read(head), read(payload)];
    const now = clock() / 1_000;
    const key = { key: createPublicKey(APPLE.privateKey), dsaEncoding: 'ieee-p1363' as const };
    return (
      header['alg'] === 'ES256' &&
      header['kid'] === APPLE.keyId &&
      claims['iss'] === APPLE.teamId &&
      claims['sub'] === APP.id &&
      claims['aud'] === 'https://appleid.apple.com' &&
      Number(claims['exp']) > now &&
      Number(claims['exp']) < now + 15_777_000 &&
      verify('sha256', Buffer.from(`${head}.${payload}`), key, Buffer.from(signature, 'base64url'))
    );
  }

  /** RFC 6749 §4.1.3 */
  function token(provider: string, body: URLSearchParams): Answer {
    if (!authenticates(provider, body)) return { status: 401, json: { error: 'invalid_client' } };
    const code = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    if (code?.provider !== provider || body.get('redirect_uri') !== code.redirectUri) return refusal(provider);
    const challenge = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url');
    if (PKCE.has(provider) && challenge !== code.challenge) return refusal(provider);
    // https://developers.naver.com/docs/login/api/api.md: state is required here too
    if (provider === 'naver' && (body.get('state') ?? '') === '') return refusal(provider);
    const accessToken = randomBytes(12).toString('hex');
    tokens.set(accessToken, code);
    const common = { access_token: accessToken, token_type: provider === 'github' ? 'bearer' : 'Bearer' };
    if (provider === 'github') return { json: { ...common, scope: code.scope.replaceAll(' ', ',') } };
    // a text: https://developers.naver.com/docs/login/api/api.md
    if (provider === 'naver') return { json: { ...common, refresh_token: 'r', expires_in: '3600' } };
    if (provider === 'facebook') return { json: { ...common, token_type: 'bearer', expires_in: 5_183_944 } };
    const now = Math.floor(clock() / 1_000);
    const claims = {
      iss: ISSUERS[provider],
      aud: APP.id,
      iat: now,
      exp: now + 600,
      nonce: code.nonce,
      ...(provider === 'kakao'
        ? { sub: String(state.person['id']), email: (state.person['kakao_account'] as { email?: string }).email }
        : state.person),
    };
    // on the web HS256: https://developers.line.biz/en/docs/line-login/verify-id-token/
    const id_token = idToken(claims, provider === 'line' ? 'HS256' : 'RS256');
    return { json: { ...common, id_token, expires_in: 3_600, refresh_token: 'upstream-refresh-token' } };
  }

  function profile(address: string, request: IncomingMessage, url: URL): Answer {
    const bearer = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const given = tokens.get(bearer);
    if (given === undefined) return { status: 401, json: { message: 'Bad credentials' } };
    switch (address) {
      // https://docs.github.com/en/rest/users/users#get-the-authenticated-user; without User-Agent: 403
      case 'api.github.com/user':
        return (request.headers['user-agent'] ?? '') === ''
          ? { status: 403 }
          : { json: { ...state.person, emails: undefined } };
      // https://docs.github.com/en/rest/users/emails
      case 'api.github.com/user/emails':
        return state.emailsAnswer ?? { json: state.person['emails'] };
      // https://developers.naver.com/docs/login/profile/profile.md
      case 'openapi.naver.com/v1/nid/me':
        return { json: { resultcode: '00', message: 'success', response: state.person } };
      // https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#req-user-info
      case 'kapi.kakao.com/v2/user/me':
        return { json: state.person };
      // https://developers.facebook.com/docs/graph-api/guides/secure-requests
      case 'graph.facebook.com/v24.0/me': {
        const proof = createHmac('sha256', APP.secret).update(bearer).digest('hex');
        if (url.searchParams.get('appsecret_proof') !== proof)
          return { status: 400, json: { error: { message: 'proof', type: 'GraphMethodException', code: 100 } } };
        const fields = (url.searchParams.get('fields') ?? '').split(',');
        return { json: Object.fromEntries(Object.entries(state.person).filter(([name]) => fields.includes(name))) };
      }
      default:
        return { status: 404, html: 'not found' };
    }
  }

  function answer(request: IncomingMessage, body: string): Answer {
    // the test's fetch puts the provider's name in front of the path
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const address = url.pathname.slice(1);
    state.seen.requests.push(address);
    const metadata = METADATA[address];
    if (metadata !== undefined) return { json: metadata };
    if (KEYS.has(address)) {
      const jwk = (key: KeyObject): object => createPublicKey(key).export({ format: 'jwk' });
      // Entra's say no alg
      return {
        json: {
          keys: [
            { ...jwk(rsa), kid: rsaKid, use: 'sig' },
            { ...jwk(ec), kid: 'ec', alg: 'ES256', use: 'sig' },
          ],
        },
      };
    }
    const authorizes = AUTHORIZE[address];
    if (authorizes !== undefined) return authorize(authorizes, url.searchParams);
    const gives = TOKEN[address];
    if (gives !== undefined && request.method === 'POST') return token(gives, new URLSearchParams(body));
    return profile(address, request, url);
  }

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { status, json, html, headers, location } = answer(request, body);
      if (location !== undefined) return void response.writeHead(302, { location }).end();
      const type = html === undefined ? 'application/json;charset=utf-8' : 'text/html';
      response.writeHead(status ?? 200, { ...headers, 'content-type': type }).end(html ?? JSON.stringify(json ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(state, {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}

export const ISSUERS: Readonly<Record<string, string>> = {
  apple: 'https://appleid.apple.com',
  microsoft: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  kakao: 'https://kauth.kakao.com',
  line: 'https://access.line.me',
  google: 'https://accounts.google.com',
};

/** Leads the names of the providers to the stand-ins. */
export function routeTo(standIns: { readonly port: number }): (url: string) => string {
  return (url) => {
    const { hostname, pathname, search } = new URL(url);
    return HOSTS.includes(hostname) ? `http://127.0.0.1:${standIns.port}/${hostname}${pathname}${search}` : url;
  };
}
