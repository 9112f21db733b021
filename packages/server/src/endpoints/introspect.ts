import { type JwtVerifier, TokenRejected } from '@mapae/jwt';
import { z } from 'zod';
import { authenticateApi } from '../checks/api-client.ts';
import { invalidRequest, readOAuthForm } from '../checks/body.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import { hashOpaqueToken, isOpaqueToken } from '../tokens/opaque-token.ts';
import { INTROSPECTION } from './answers.ts';
import type { Operation } from './operation.ts';

type Claims = Readonly<Record<string, unknown>>;

const BODY = z.object({
  token: z.string(),
  token_type_hint: z.string().optional().describe('Only access tokens are told about, whatever it says.'),
  client_id: z.string().optional(),
  client_assertion_type: z.string().optional(),
  client_assertion: z.string().optional().describe('Instead of HTTP Basic. RFC 7523 §2.2'),
});

/** `POST /oauth2/introspect`. RFC 7662 */
export const introspectToken: Operation = {
  summary: 'Ask about an access token',
  credential: 'introspection',
  body: { schema: BODY, form: true },
  answers: { 200: INTROSPECTION },
  run: introspect,
};

const INACTIVE = { active: false } as const;

/** RFC 7662 §2.2, §4: of a token that isn't good, or is for another API, nothing is said but that. */
async function introspect(context: ServerContext, request: Request, _scope: RequestScope): Promise<Response> {
  const form = await readOAuthForm(request);
  const audience = authenticateApi(context.apiClients, request, form);
  const token = form.get('token');
  if (token === undefined) throw invalidRequest('token is missing');
  const claims = isOpaqueToken(token)
    ? (await context.store.findAccessToken(hashOpaqueToken(token)))?.claims
    : verify(context.issuedTokens, token);
  if (claims?.['aud'] !== audience || (await isOver(context, claims))) return Response.json(INACTIVE);
  return Response.json({ ...claims, active: true, token_type: 'Bearer' });
}

/** A signed token, of whichever API. */
function verify(verifier: JwtVerifier, token: string): Claims | undefined {
  try {
    return verifier.verify(token);
  } catch (error) {
    if (error instanceof TokenRejected) return undefined;
    throw error;
  }
}

async function isOver({ store }: ServerContext, claims: Claims): Promise<boolean> {
  const { sub, sid, client_id: clientId, jti } = claims;
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof jti !== 'string') return true;
  const sessionId = typeof sid === 'string' ? sid : undefined;
  return store.isTokenOver({ subject: sub, sessionId, clientId, tokenId: jti });
}
