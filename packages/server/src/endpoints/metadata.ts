import type { ServerContext } from '../context.ts';

const CACHEABLE = { 'cache-control': 'public, max-age=60' };

/** `GET /.well-known/jwks.json`. RFC 7517 §5 */
export function jwks({ keys }: ServerContext): Response {
  return Response.json({ keys: keys.published }, { headers: CACHEABLE });
}

/** `GET /.well-known/oauth-authorization-server`. RFC 8414 §2 */
export function metadata({ settings }: ServerContext): Response {
  const { issuer } = settings;
  return Response.json(
    {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      scopes_supported: ['account', ...new Set(settings.resources.flatMap(({ scopes }) => scopes))],
      revocation_feed_uri: `${issuer}/events/revocations`,
    },
    { headers: CACHEABLE },
  );
}

/** `GET /readyz`: the database answers. */
export async function readiness({ store }: ServerContext): Promise<Response> {
  await store.readState();
  return Response.json({ status: 'ready' });
}
