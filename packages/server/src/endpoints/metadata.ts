import { ALGORITHMS } from '@mapae/jwt';
import { API_AUTHENTICATION_METHODS } from '../checks/api-client.ts';
import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { HEALTH, KEY_SET, METADATA, READY } from './answers.ts';
import type { Operation } from './operation.ts';

const CACHEABLE = { 'cache-control': 'public, max-age=60' };

/** `GET /.well-known/jwks.json`. RFC 7517 §5 */
export const jwks: Operation = {
  summary: 'The public keys of the tokens',
  answers: { 200: KEY_SET },
  withoutDatabase: true,
  run: ({ keys }) => Response.json({ keys: keys.published }, { headers: CACHEABLE }),
};

/** `GET /.well-known/oauth-authorization-server` and `…/openid-configuration`: only what exists. RFC 8414 §2, §5 */
export const metadata: Operation = {
  summary: 'What exists at this server',
  answers: { 200: METADATA },
  withoutDatabase: true,
  run: showMetadata,
};

/** `GET /healthz`: the process is up. */
export const health: Operation = {
  summary: 'Is the process up?',
  answers: { 200: HEALTH },
  withoutDatabase: true,
  run: () => Response.json({ status: 'ok' }),
};

/** `GET /readyz`: may a balancer send requests here? */
export const readiness: Operation = {
  summary: 'Can the server do its work?',
  answers: { 200: READY },
  run: showReadiness,
};

function showMetadata({ settings, apiClients }: ServerContext): Response {
  const { issuer } = settings;
  return Response.json(
    {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      scopes_supported: ['account', ...new Set(settings.resources.flatMap(({ scopes }) => scopes))],
      revocation_feed_uri: `${issuer}/events/revocations`,
      ...(apiClients.size === 0 ? {} : introspectionMetadata(issuer)),
    },
    { headers: CACHEABLE },
  );
}

function introspectionMetadata(issuer: string): Readonly<Record<string, unknown>> {
  return {
    introspection_endpoint: `${issuer}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: API_AUTHENTICATION_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS.filter((alg) => !alg.startsWith('HS')),
  };
}

async function showReadiness({ readiness }: ServerContext): Promise<Response> {
  const missing = await readiness.find();
  if (missing === undefined) return Response.json({ status: 'ready' });
  throw new Problem('server/unavailable', { detail: `not ready: ${missing}` });
}
