import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the provider answers the server; browsers are served in any case. */
export const TROUBLES = ['up', 'down', 'hangs', 'trickles', 'fails', 'html', 'breaks-off', 'late', 'rotates'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** A small OpenID Connect provider of its own that can misbehave. Whoever comes is who they say (`&as=…`), and agrees. */
export interface TroubledProvider {
  readonly issuer: string;
  trouble: Trouble;
  close(): Promise<void>;
}

export const PROVIDER_CLIENT = { id: 'mapae', secret: 'a-client-secret-of-the-troubled-provider' };

interface Code {
  readonly subject: string;
  readonly nonce: string;
  readonly challenge: string;
}

interface Key {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
}

const LATE_MS = 1_500;

export async function startTroubledProvider(): Promise<TroubledProvider> {
  const codes = new Map<string, Code>();
  let key = createKey();
  const http = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const provider: TroubledProvider = {
    issuer,
    trouble: 'up',
    async close() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer);
    if (url.pathname === '/authorize') return authorize(url, response);
    const body = await readForm(request);
    const { trouble } = provider;
    if (trouble === 'hangs') return;
    if (trouble === 'down') return void request.socket.destroy();
    if (trouble === 'fails') return void response.writeHead(500).end('{}');
    if (trouble === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in to the network</html>');
    if (trouble === 'late') await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    if (trouble === 'rotates' && url.pathname === '/token') key = createKey();
    const json = JSON.stringify(answerTo(url.pathname, body));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
    if (trouble === 'trickles') return trickle(response, json);
    if (trouble === 'breaks-off') {
      response.write(json.slice(0, 5));
      return void setTimeout(() => request.socket.destroy(), 20);
    }
    response.end(json);
  }

  function authorize({ searchParams }: URL, response: ServerResponse): void {
    const asked = (name: string): string => searchParams.get(name) ?? '';
    const code = randomBytes(16).toString('base64url');
    codes.set(code, { subject: asked('as'), nonce: asked('nonce'), challenge: asked('code_challenge') });
    const back = new URL(asked('redirect_uri'));
    back.search = new URLSearchParams({ code, state: asked('state'), iss: issuer }).toString();
    response.writeHead(303, { location: back.href }).end();
  }

  function answerTo(path: string, form: URLSearchParams): object {
    if (path === '/jwks') return { keys: [key.jwk] };
    if (path === '/token') return redeem(form);
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  function redeem(form: URLSearchParams): object {
    const text = form.get('code') ?? '';
    const code = codes.get(text);
    codes.delete(text);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code?.challenge !== challenge) return { error: 'invalid_grant' };
    const now = Math.floor(Date.now() / 1_000);
    const { subject, nonce } = code;
    const email = `${subject}@example.test`;
    const claims = { iss: issuer, aud: PROVIDER_CLIENT.id, sub: subject, nonce, email, email_verified: true };
    return {
      access_token: 'of no use',
      token_type: 'Bearer',
      id_token: sign(key, { ...claims, iat: now, exp: now + 300 }),
    };
  }

  return provider;
}

let keys = 0;

function createKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  keys += 1;
  const kid = `key-${keys}`;
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' } };
}

function sign({ kid, privateKey }: Key, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'RS256', kid })}.${part(claims)}`;
  return `${input}.${createSign('RSA-SHA256').update(input).sign(privateKey).toString('base64url')}`;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** A byte now and then, and never the last one. */
function trickle(response: ServerResponse, text: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < text.length - 1 && !response.destroyed) response.write(text.charAt(sent));
    sent += 1;
  }, 200);
  response.on('close', () => clearInterval(timer));
}
