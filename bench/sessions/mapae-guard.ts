import { createVerifier } from '@mapae/verifier';
import { principalOf, protect } from '@mapae/verifier/express';
import type { Guard, Handler, Request } from './express-app.ts';
import type { ApiSettings } from './settings.ts';

/** Ours, with the feed of a real server, and everything else by default. */
export async function mapaeGuard({ kind, issuer, audience, client, decryptionKey }: ApiSettings): Promise<Guard> {
  const introspection = { clientId: client.id, key: client.secret };
  const verifier = createVerifier({
    issuer,
    audience,
    ...(kind === 'opaque' ? { introspection } : {}),
    ...(decryptionKey === undefined ? {} : { decryptionKeys: await openerOf(decryptionKey) }),
  });
  await verifier.ready();
  const check: Handler = protect(verifier);
  return {
    check,
    roleOf: (request: Request) => principalOf(request, verifier).roles[0] ?? 'none',
    statements: () => 0,
  };
}

/** Loads jose, which only these tokens need. */
async function openerOf(jwk: object): Promise<ReturnType<typeof decryptWith>> {
  const [{ decryptWith: open }, { importDecryptionJwk }] = await Promise.all([
    import('@mapae/verifier/jwe'),
    import('@mapae/jwt/jwe'),
  ]);
  return open(importDecryptionJwk(jwk));
}

import type { decryptWith } from '@mapae/verifier/jwe';
