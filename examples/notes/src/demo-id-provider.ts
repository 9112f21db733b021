import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import Provider from 'oidc-provider';

export interface DemoIdOptions {
  readonly issuer: string;
  /** Where it is mounted, without a slash at the end. */
  readonly path: string;
  readonly client: { readonly id: string; readonly secret: string };
  readonly redirectUri: string;
}

/** Who can be chosen; anybody else types an address. */
const PEOPLE = ['kim@example.test', 'lee@example.test'];
const TTL = { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 };

/** A real OpenID Connect provider with a sign-in page that believes what it is told. For this machine alone. */
export function createDemoId({ issuer, path, client, redirectUri }: DemoIdOptions): RequestListener {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: [redirectUri] }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'demo', use: 'sig', alg: 'RS256' } as never] },
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    ttl: TTL,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `${path}/who/${uid}` },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: sub, email_verified: true, name: sub.split('@')[0] ?? sub }),
    }),
  });
  const callback = provider.callback();
  return (request, response) => {
    if (request.url?.startsWith(`${path}/who/`) === true) {
      ask(provider, request, response).catch(() => response.writeHead(400).end('This page is too old. Begin again.'));
      return;
    }
    // how oidc-provider finds out where it is mounted
    Object.assign(request, { originalUrl: request.url });
    request.url = request.url?.slice(path.length) ?? '/';
    void callback(request, response);
  };
}

async function ask(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method !== 'POST') {
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    response.end(page());
    return;
  }
  const chosen = await readChoice(request);
  if (chosen === undefined) {
    const refusal = { error: 'access_denied', error_description: 'nobody was chosen' };
    return provider.interactionFinished(request, response, refusal, { mergeWithLastSubmission: false });
  }
  const grant = new provider.Grant({ accountId: chosen, clientId: params['client_id'] as string });
  grant.addOIDCScope(params['scope'] as string);
  const result = { login: { accountId: chosen, remember: false }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function readChoice(request: IncomingMessage): Promise<string | undefined> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) {
    body += chunk.toString();
    if (body.length > 1_000) return undefined;
  }
  const form = new URLSearchParams(body);
  const typed = (form.get('person') ?? '').trim() || (form.get('email') ?? '').trim();
  return /^[\w.+-]{1,64}@[\w.-]{1,100}$/.test(typed) ? typed.toLowerCase() : undefined;
}

function page(): string {
  const people = PEOPLE.map((one) => `<p><button name="person" value="${one}">${one}</button></p>`).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Demo ID</title></head>
<body><h1>Demo ID</h1><p>A provider on this machine. Who are you?</p>
<form method="post">
${people}
<p><label>Somebody else <input type="email" name="email"></label> <button>Continue</button></p>
</form>
<form method="post"><button>Cancel</button></form>
</body></html>
`;
}
