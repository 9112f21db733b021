import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { OAuth2Server } from 'oauth2-mock-server';

/** oauth2-mock-server, on this machine: a provider whose answers can be changed on the way out. */
export interface MockIssuer {
  readonly issuer: string;
  readonly server: OAuth2Server;
  /** Changes header and claims of the next ID tokens before they are signed. */
  change: ((header: Record<string, unknown>, claims: Record<string, unknown>) => unknown) | undefined;
  /** Changes the answer of the token endpoint: body and status. */
  answer: ((response: { body: Record<string, unknown> | ''; statusCode: number }) => unknown) | undefined;
  /** Changes the address that the browser is sent back to. */
  redirect: ((url: URL) => void) | undefined;
  /** The nonce of the last authorization request. */
  nonce(): string;
  close(): Promise<void>;
}

export async function startMockIssuer(): Promise<MockIssuer> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256', { kid: 'mock' });
  await server.start(0, '127.0.0.1');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.issuer.url = issuer;
  let nonce = '';
  const mock: MockIssuer = {
    issuer,
    server,
    change: undefined,
    answer: undefined,
    redirect: undefined,
    nonce: () => nonce,
    close: () => server.stop(),
  };
  server.service.on('beforeAuthorizeRedirect', (to: { url: URL }, request: { url?: string }) => {
    nonce = new URL(request.url ?? '/', issuer).searchParams.get('nonce') ?? '';
    mock.redirect?.(to.url);
  });
  server.service.on(
    'beforeTokenSigning',
    (token: { header: Record<string, unknown>; payload: Record<string, unknown> }) =>
      mock.change?.(token.header, token.payload),
  );
  server.service.on('beforeResponse', (response: { body: Record<string, unknown> | ''; statusCode: number }) =>
    mock.answer?.(response),
  );
  return mock;
}

const { privateKey: strangersKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Tokens as attackers write them: whatever header and claims, signed with whatever. */
export function forge(
  header: object,
  claims: object,
  key: { readonly secret: string } | { readonly key: KeyObject } | 'nothing' | 'strangers' = 'strangers',
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(claims)}`;
  if (key === 'nothing') return `${input}.`;
  if (typeof key === 'object' && 'secret' in key)
    return `${input}.${createHmac('sha256', key.secret).update(input).digest('base64url')}`;
  const signer = createSign('RSA-SHA256').update(input);
  return `${input}.${signer.sign(typeof key === 'object' ? key.key : strangersKey).toString('base64url')}`;
}
