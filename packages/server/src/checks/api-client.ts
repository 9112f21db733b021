import { createHash, timingSafeEqual } from 'node:crypto';
import { createJwtVerifier, type JwtVerifier, TokenRejected } from '@mapae/jwt';
import type { Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import { invalidRequest } from './body.ts';

/** One API that may ask about its tokens. */
export interface ApiClient {
  readonly audience: string;
  /** SHA-256 each. */
  readonly secrets: readonly Buffer[];
  /** Judges its assertions, and spends each once. Undefined where it has no keys. */
  readonly assertions:
    | { readonly verifier: JwtVerifier; readonly spend: (jti: string, until: number) => boolean }
    | undefined;
}

/** By client id. */
export type ApiClients = ReadonlyMap<string, ApiClient>;

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST_ASSERTION_SECONDS = 300;
const TOLERANCE_SECONDS = 10;
const MOST_SPENT = 100_000;

/** The methods of RFC 8414 §2 that are understood here. */
export const API_AUTHENTICATION_METHODS = ['client_secret_basic', 'private_key_jwt'] as const;

export function createApiClients({ resources, issuer }: Settings, clock: () => number): ApiClients {
  return new Map(
    resources.flatMap(({ identifier, introspection }) => {
      if (introspection === undefined) return [];
      const { clientId = identifier, secrets = [], keys } = introspection;
      const client: ApiClient = {
        audience: identifier,
        secrets: secrets.map(sha256),
        assertions:
          keys === undefined
            ? undefined
            : {
                spend: createSpender(clock),
                // RFC 7523 §3, as revised: of a type of its own, for the issuer and nobody else
                verifier: createJwtVerifier({
                  keys,
                  issuer: clientId,
                  audience: issuer,
                  typ: 'client-authentication+jwt',
                  clock,
                  clockToleranceSeconds: TOLERANCE_SECONDS,
                  requiredClaims: ['sub', 'jti', 'iat', 'exp'],
                }),
              },
      };
      return [[clientId, client] as const];
    }),
  );
}

/**
 * Who asks about tokens: an API, by HTTP Basic or by an assertion that it signed.
 *
 * @returns The API's identifier: it is told of its own tokens only.
 * @throws {Problem} `introspection/credential`, `invalid_request`
 * @see RFC 7662 §2.1, RFC 6749 §2.3, RFC 7523 §3
 */
export function authenticateApi(clients: ApiClients, request: Request, form: ReadonlyMap<string, string>): string {
  const authorization = request.headers.get('authorization');
  const assertion = form.get('client_assertion');
  // RFC 6749 §2.3: one method a request
  if (authorization !== null && assertion !== undefined) throw invalidRequest('there are two credentials');
  const client = authorization === null ? byAssertion(clients, form) : bySecret(clients, authorization);
  if (client === undefined) {
    throw new Problem('introspection/credential', {
      headers: { 'www-authenticate': 'Basic realm="introspection", charset="UTF-8"' },
      members: { error: 'invalid_client' },
    });
  }
  return client.audience;
}

function bySecret(clients: ApiClients, authorization: string): ApiClient | undefined {
  const [, encoded = ''] = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? [];
  const pair = Buffer.from(encoded, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon === -1) return undefined;
  const [id, secret] = [formDecode(pair.slice(0, colon)), formDecode(pair.slice(colon + 1))];
  const client = clients.get(id);
  const digest = sha256(secret);
  // every secret is compared, so that the time doesn't tell which one was close
  const good = (client?.secrets ?? []).filter((one) => timingSafeEqual(one, digest));
  return good.length > 0 ? client : undefined;
}

/** RFC 6749 §2.3.1, appendix B: both parts were form-encoded before they were joined. */
function formDecode(text: string): string {
  return new URLSearchParams(`text=${text.replaceAll('&', '%26')}`).get('text') ?? '';
}

function byAssertion(clients: ApiClients, form: ReadonlyMap<string, string>): ApiClient | undefined {
  const assertion = form.get('client_assertion');
  if (assertion === undefined || form.get('client_assertion_type') !== ASSERTION_TYPE) return undefined;
  const named = form.get('client_id');
  for (const [id, client] of clients) {
    if ((named !== undefined && named !== id) || client.assertions === undefined) continue;
    if (isGood(client.assertions, assertion, id)) return client;
  }
  return undefined;
}

function isGood({ verifier, spend }: NonNullable<ApiClient['assertions']>, assertion: string, id: string): boolean {
  try {
    const { sub, jti, iat, exp } = verifier.verify(assertion);
    if (sub !== id || typeof jti !== 'string' || iat === undefined || exp === undefined) return false;
    return exp - iat <= LONGEST_ASSERTION_SECONDS && spend(jti, exp + TOLERANCE_SECONDS);
  } catch (error) {
    if (error instanceof TokenRejected) return false;
    throw error;
  }
}

/** Remembers what was used until it is over. In this process: what another one took tells whoever stole it nothing but this. RFC 7523 §3 */
function createSpender(clock: () => number): (jti: string, until: number) => boolean {
  const spent = new Map<string, number>();
  return (jti, until) => {
    const now = clock() / 1_000;
    // in order of their use, which is roughly that of their end
    for (const [old, end] of spent) {
      if (end > now) break;
      spent.delete(old);
    }
    if (spent.has(jti) || spent.size >= MOST_SPENT) return false;
    spent.set(jti, until);
    return true;
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
