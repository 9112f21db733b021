import { randomBytes } from 'node:crypto';
import { createJwtSigner, createTokenCache, generateTimeOrderedId, type JwtClaims, type PrivateKey } from '@mapae/jwt';
import { boundedFetch, FetchFailed, readJson } from './bounded-fetch.ts';
import { refuse } from './refusal.ts';

/** How this API makes itself known at the introspection endpoint. RFC 7662 §2.1 */
export interface IntrospectionCredentials {
  readonly clientId: string;
  /** The client's secret (RFC 6749 §2.3.1, sent as Basic), or its private key (RFC 7523 §2.2). */
  readonly key: string | PrivateKey;
}

export interface IntrospectionOptions extends IntrospectionCredentials {
  readonly issuer: string;
  /** Address of the endpoint. */
  readonly findEndpoint: () => Promise<string>;
  readonly fetch: typeof fetch;
  readonly clock: () => number;
  /** Milliseconds of a clock that only moves forward. */
  readonly monotonic: () => number;
  /** How long an answer is remembered; 0 for not at all. */
  readonly cacheSeconds: number;
  readonly log: (event: string) => void;
}

/** Asks the issuer about single tokens. */
export interface Introspection {
  /** What the issuer said of an active token a moment ago, where answers are remembered. RFC 7662 §4 */
  recall(token: string): JwtClaims | undefined;
  /**
   * What the issuer says of a token now. Requests for the same token at the same time share one call.
   *
   * @returns The members of the answer, whose rules are still to be checked.
   * @throws {RequestRefused} `token/inactive`; `verifier/unavailable` when the issuer can't be asked; `verifier/client-refused` when it doesn't
   * take this API's credentials; `verifier/busy` with too many calls under way.
   * @see RFC 7662 §2
   */
  introspect(token: string): Promise<JwtClaims>;
}

interface Remembered {
  readonly claims: JwtClaims;
  readonly until: number;
}

/** Of active tokens only: guesses push nobody out. */
const REMEMBERED = { maxEntries: 10_000, maxBytes: 16 * 1_048_576 };
const LIMITS = { timeoutMs: 2_000, maxBytes: 64 * 1_024 };
const MOST_UNDER_WAY = 256;
const ASSERTION_SECONDS = 60;

export function createIntrospection(options: IntrospectionOptions): Introspection {
  const underWay = new Map<string, Promise<JwtClaims>>();
  const authenticate = clientAuthentication(options);
  const { cacheSeconds, monotonic } = options;
  const answers = cacheSeconds === 0 ? undefined : createTokenCache<Remembered>(REMEMBERED);

  async function ask(token: string): Promise<JwtClaims> {
    const { headers, parameters } = authenticate();
    try {
      const answer = readJson(
        await boundedFetch(await options.findEndpoint(), {
          fetch: options.fetch,
          method: 'POST',
          headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
          body: new URLSearchParams({ token, token_type_hint: 'access_token', ...parameters }).toString(),
          ...LIMITS,
        }),
      );
      return readAnswer(answer);
    } catch (error) {
      if (!(error instanceof FetchFailed)) throw error;
      // RFC 7662 §2.3, RFC 6749 §5.2: nobody's token is at fault, and whoever runs this API has to hear of it
      const isRefused = error.status === 400 || error.status === 401 || error.status === 403;
      options.log(isRefused ? 'introspection.refused' : 'introspection.unavailable');
      throw refuse(isRefused ? 'verifier/client-refused' : 'verifier/unavailable');
    }
  }

  return {
    recall(token) {
      const known = answers?.find(token);
      return known !== undefined && monotonic() < known.until ? known.claims : undefined;
    },
    introspect(token) {
      const running = underWay.get(token);
      if (running !== undefined) return running;
      if (underWay.size >= MOST_UNDER_WAY) return Promise.reject(refuse('verifier/busy'));
      const askedAt = monotonic();
      const call = ask(token)
        .then(
          (claims) => {
            answers?.add(token, { claims, until: askedAt + cacheSeconds * 1_000 });
            return claims;
          },
          (error: unknown) => {
            answers?.delete(token);
            throw error;
          },
        )
        .finally(() => underWay.delete(token));
      underWay.set(token, call);
      return call;
    },
  };
}

/** RFC 7662 §2.2: `active` is a boolean, and of what isn't active nothing else is said. */
function readAnswer(answer: unknown): JwtClaims {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw new FetchFailed('is no object');
  const { active, ...claims } = answer as Readonly<Record<string, unknown>>;
  if (typeof active !== 'boolean') throw new FetchFailed('does not say whether the token is active');
  if (!active) throw refuse('token/inactive');
  return claims;
}

interface ClientAuthentication {
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

function clientAuthentication({ issuer, clientId, key, clock }: IntrospectionOptions): () => ClientAuthentication {
  if (typeof key === 'string') {
    // RFC 6749 §2.3.1: both are form-encoded before they are joined
    const pair = `${formEncode(clientId)}:${formEncode(key)}`;
    const headers = { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    return () => ({ headers, parameters: {} });
  }
  const signer = createJwtSigner({ key, typ: 'client-authentication+jwt' });
  return () => {
    const iat = Math.floor(clock() / 1_000);
    // RFC 7523 §3, as revised: the audience is the issuer, alone
    const assertion = signer.sign({
      iss: clientId,
      sub: clientId,
      aud: issuer,
      jti: generateTimeOrderedId(clock(), randomBytes),
      iat,
      exp: iat + ASSERTION_SECONDS,
    });
    return {
      headers: {},
      parameters: {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      },
    };
  };
}

function formEncode(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}
