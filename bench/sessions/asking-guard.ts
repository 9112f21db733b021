import type { Guard, Request } from './express-app.ts';
import type { ApiSettings } from './settings.ts';

interface Introspection {
  readonly active: boolean;
  readonly aud?: string;
  readonly role?: string;
}

/** An API that asks oidc-provider about each token (RFC 7662), as the RFC has it: POST, HTTP Basic, and `aud` looked at. */
export function askingGuard({ issuer, audience, client: { id, secret } }: ApiSettings): Guard {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const roles = new WeakMap<Request, string>();
  return {
    async check(request, response, next) {
      const [scheme, token = ''] = request.headers.authorization?.split(' ') ?? [];
      if (scheme !== 'Bearer') {
        response.sendStatus(401);
        return;
      }
      const answer = await fetch(`${issuer}/token/introspection`, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      });
      const { active, aud, role = 'none' } = (await answer.json()) as Introspection;
      if (!active || aud !== audience) {
        response.sendStatus(401);
        return;
      }
      roles.set(request, role);
      next();
    },
    roleOf: (request) => roles.get(request) ?? 'none',
    statements: () => 0,
  };
}
