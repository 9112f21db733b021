import type { KeyObject } from 'node:crypto';
import {
  createJwtSigner,
  createJwtVerifier,
  decode,
  importPrivateJwk,
  importPublicJwk,
  importSecretJwk,
  rememberTokens,
} from '@mapae/jwt';
import { BINARY_PEER, peer } from '../harness/peers.ts';
import { AUDIENCE, type BenchAlgorithm, type Claims, ISSUER, type Material } from './material.ts';

/** A library with everything that can be done once done. What an operation gives, at once or by a promise, is its claims or its token. */
export interface Library {
  verify?(token: string): unknown;
  sign?(claims: Claims): unknown;
  decode?(token: string): unknown;
}

/** How a library is set up, in the way its documentation names as the right and fast one. */
export interface Setup {
  readonly name: string;
  /** Operations under way at once. */
  readonly inFlight: 1 | 32;
  readonly algorithms: readonly BenchAlgorithm[];
  /** Remembers tokens: entries it may hold. */
  create(material: Material, cacheEntries: number): Promise<Library>;
}

const TYPE = 'at+jwt';
const CLASSIC: readonly BenchAlgorithm[] = ['HS256', 'RS256', 'PS256', 'ES256'];
const WITH_EDDSA: readonly BenchAlgorithm[] = [...CLASSIC, 'EdDSA'];
const EVERY: readonly BenchAlgorithm[] = [...WITH_EDDSA, 'ML-DSA-44'];

function pem(key: KeyObject): string | Buffer {
  if (key.type === 'secret') return key.export();
  return key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' });
}

interface Jose {
  importJWK(jwk: object, alg: string): Promise<CryptoKey | Uint8Array>;
  jwtVerify(token: string, key: unknown, options: object): Promise<{ readonly payload: object }>;
  decodeJwt(token: string): object;
  decodeProtectedHeader(token: string): object;
  readonly SignJWT: new (
    claims: object,
  ) => {
    setProtectedHeader(header: object): { sign(key: unknown): Promise<string> };
  };
}

async function cryptoKey(jose: Jose, jwk: object, alg: string, usage: 'sign' | 'verify'): Promise<unknown> {
  const key = await jose.importJWK(jwk, alg);
  if (!(key instanceof Uint8Array)) return key;
  // a CryptoKey spares jose an import with each call
  const bytes = Uint8Array.from(key);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [usage]);
}

function jose(inFlight: 1 | 32): Setup {
  return {
    name: inFlight === 1 ? 'jose' : `jose, ${inFlight} in flight`,
    inFlight,
    algorithms: EVERY,
    async create({ alg, kid, privateJwk, publicJwk }) {
      const { jwtVerify, SignJWT, decodeJwt, decodeProtectedHeader, ...rest } = await peer<Jose>('jose');
      const library = { jwtVerify, SignJWT, decodeJwt, decodeProtectedHeader, ...rest };
      const publicKey = await cryptoKey(library, publicJwk, alg, 'verify');
      const privateKey = await cryptoKey(library, privateJwk, alg, 'sign');
      const options = { issuer: ISSUER, audience: AUDIENCE, typ: TYPE, algorithms: [alg] };
      const header = { alg, typ: TYPE, kid };
      return {
        verify: (token) => jwtVerify(token, publicKey, options).then(({ payload }) => payload),
        sign: (claims) => new SignJWT({ ...claims }).setProtectedHeader(header).sign(privateKey),
        decode: (token) => ({ header: decodeProtectedHeader(token), claims: decodeJwt(token) }),
      };
    },
  };
}

interface FastJwt {
  createVerifier(options: object): (token: string) => object;
  createSigner(options: object): (claims: object) => string;
  createDecoder(options: object): (token: string) => object;
}

function fastJwt(cache: 'none' | 'default' | 'identity'): Setup {
  const names = { none: 'fast-jwt', default: 'fast-jwt, cache', identity: 'fast-jwt, cache with identity key' };
  return {
    name: names[cache],
    inFlight: 1,
    algorithms: WITH_EDDSA,
    async create({ alg, kid, privateKey, publicKey }, cacheEntries) {
      const { createVerifier, createSigner, createDecoder } = await peer<FastJwt>('fast-jwt');
      const remembering = {
        none: {},
        default: { cache: cacheEntries },
        identity: { cache: cacheEntries, cacheKeyBuilder: (token: string) => token },
      };
      const policy = { algorithms: [alg], allowedIss: ISSUER, allowedAud: AUDIENCE, checkTyp: TYPE };
      return {
        verify: createVerifier({ key: pem(publicKey), ...policy, ...remembering[cache] }),
        sign: createSigner({ key: pem(privateKey), algorithm: alg, kid, header: { typ: TYPE } }),
        decode: createDecoder({ complete: true }),
      };
    },
  };
}

interface JsonWebToken {
  readonly default: {
    verify(token: string, key: KeyObject, options: object): object;
    sign(claims: object, key: KeyObject, options: object): string;
    decode(token: string, options: object): object;
  };
}

const jsonWebToken: Setup = {
  name: 'jsonwebtoken',
  inFlight: 1,
  algorithms: CLASSIC,
  async create({ alg, kid, privateKey, publicKey }) {
    const { default: library } = await peer<JsonWebToken>('jsonwebtoken');
    const policy = { algorithms: [alg], issuer: ISSUER, audience: AUDIENCE };
    const making = { algorithm: alg, header: { alg, typ: TYPE, kid } };
    return {
      verify: (token) => library.verify(token, publicKey, policy),
      sign: (claims) => library.sign(claims, privateKey, making),
      decode: (token) => library.decode(token, { complete: true }),
    };
  },
};

interface HonoJwt {
  verify(token: string, key: unknown, options: object): Promise<object>;
  sign(claims: object, key: unknown, alg: string): Promise<string>;
  decode(token: string): object;
}

const hono: Setup = {
  name: 'hono/jwt',
  inFlight: 1,
  algorithms: WITH_EDDSA,
  async create({ alg, privateJwk, publicJwk }) {
    const library = await peer<HonoJwt>('hono/jwt');
    const importer = await peer<Jose>('jose');
    const publicKey = await cryptoKey(importer, publicJwk, alg, 'verify');
    const privateKey = await cryptoKey(importer, privateJwk, alg, 'sign');
    const policy = { alg, iss: ISSUER, aud: AUDIENCE, typ: TYPE };
    return {
      verify: (token) => library.verify(token, publicKey, policy),
      // its header is fixed, without a kid: fewer bytes
      sign: (claims) => library.sign(claims, privateKey, alg),
      decode: (token) => library.decode(token),
    };
  },
};

interface NodeRs {
  verifySync(token: string, key: string | Uint8Array, options: object): object;
  signSync(claims: object, key: string | Uint8Array, header: object): string;
}

const nodeRs: Setup = {
  name: BINARY_PEER,
  inFlight: 1,
  algorithms: WITH_EDDSA,
  async create({ alg, kid, privateKey, publicKey }) {
    const library = await peer<NodeRs>(BINARY_PEER);
    const [secret, open] = [pem(privateKey), pem(publicKey)];
    const policy = { algorithms: [alg], iss: [ISSUER], aud: [AUDIENCE], leeway: 0 };
    const header = { algorithm: alg, keyId: kid };
    return {
      verify: (token) => library.verifySync(token, open, policy),
      sign: (claims) => library.signSync(claims, secret, header),
    };
  },
};

/** The claims as they are: a copy would be work that the others don't have. */
type Signable = Claims & Readonly<Record<string, unknown>>;

/** Ours. With `cacheEntries` 0 nothing is remembered. */
function mapae(name: string, mode: 'sync' | 'async', remembers: boolean): Setup {
  return {
    name,
    inFlight: mode === 'async' ? 32 : 1,
    algorithms: EVERY,
    async create({ alg, privateJwk, publicJwk }, cacheEntries) {
      const secret = alg === 'HS256' ? importSecretJwk(privateJwk) : undefined;
      const signer = createJwtSigner({
        key: secret ?? importPrivateJwk(privateJwk),
        typ: TYPE,
        budgetBytes: 8_192,
      });
      const verifier = createJwtVerifier({
        keys: secret ?? importPublicJwk(publicJwk),
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: TYPE,
        ...(remembers ? { cache: rememberTokens({ maxEntries: cacheEntries, maxBytes: 256 * 1_048_576 }) } : {}),
      });
      if (mode === 'sync')
        return { verify: verifier.verify, sign: (claims) => signer.sign(claims as Signable), decode };
      const { verifyAsync } = verifier as { readonly verifyAsync?: (token: string) => Promise<unknown> };
      return {
        ...(verifyAsync === undefined ? {} : { verify: verifyAsync }),
        sign: (claims) => signer.signAsync(claims as Signable),
      };
    },
  };
}

export const OURS = '@mapae/jwt';
export const OURS_MISSING = '@mapae/jwt, cache on';
export const OURS_ASYNC = '@mapae/jwt async, 32 in flight';
export const JOSE_32: Setup = jose(32);

/** Those that judge tokens one by one, never having seen any. */
export const WITHOUT_CACHE: readonly Setup[] = [
  jose(1),
  JOSE_32,
  fastJwt('none'),
  jsonWebToken,
  hono,
  nodeRs,
  mapae(OURS, 'sync', false),
  mapae(OURS_ASYNC, 'async', false),
];

/** Those that remember tokens. */
export const WITH_CACHE: readonly Setup[] = [fastJwt('default'), fastJwt('identity'), mapae(OURS, 'sync', true)];

/** Those whose remembering does not help: what a miss costs. */
export const MISSING_CACHE: readonly Setup[] = [
  { ...fastJwt('default'), name: 'fast-jwt, cache on' },
  mapae(OURS_MISSING, 'sync', true),
];
