import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import type { Jwk } from '@mapae/jwt';

export const ALGORITHMS = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA', 'ML-DSA-44'] as const;
export type BenchAlgorithm = (typeof ALGORITHMS)[number];

export const ISSUER = 'https://auth.example.com';
export const AUDIENCE = 'https://api.example.com/';
const PAYLOAD_BYTES = 255;

/** Claims of an access token as the server makes them. */
export interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly client_id: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly scope: string;
}

/** One key in every form that a library may ask for. */
export interface Material {
  readonly alg: BenchAlgorithm;
  readonly kid: string;
  /** The secret, for HS256. */
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly privateJwk: Jwk;
  readonly publicJwk: Jwk;
}

const KID = 'bench-01';

export function makeMaterial(alg: BenchAlgorithm): Material {
  const privateKey = generate(alg);
  const publicKey = privateKey.type === 'secret' ? privateKey : crypto.createPublicKey(privateKey);
  const jwk = (key: KeyObject): Jwk => ({ ...(key.export({ format: 'jwk' }) as Jwk), alg, kid: KID });
  return { alg, kid: KID, privateKey, publicKey, privateJwk: jwk(privateKey), publicJwk: jwk(publicKey) };
}

function generate(alg: BenchAlgorithm): KeyObject {
  switch (alg) {
    case 'HS256':
      // 256 bits of text: some libraries take nothing else
      return crypto.createSecretKey(Buffer.from(crypto.randomBytes(24).toString('base64url')));
    case 'RS256':
    case 'PS256':
      return crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    case 'ES256':
      return crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'EdDSA':
      return crypto.generateKeyPairSync('ed25519').privateKey;
    case 'ML-DSA-44':
      return crypto.generateKeyPairSync('ml-dsa-44').privateKey;
  }
}

/** What a number of people's tokens carry: each different, each of the same length. */
export function makeClaims(index: number, overrides: Partial<Claims> = {}): Claims {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: String(index).padStart(22, 'u'),
    client_id: 'first-party',
    sid: String(index).padStart(22, 's'),
    jti: String(index).padStart(22, 't'),
    iat: now - 10,
    exp: now + 3_600,
    scope: '',
    ...overrides,
  };
  return { ...claims, scope: 'read:'.padEnd(PAYLOAD_BYTES - JSON.stringify(claims).length, 'n') };
}

/** Header and payload as they are signed. */
export function signingInput({ alg, kid }: Material, claims: object): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg, typ: 'at+jwt', kid })}.${encode(claims)}`;
}

/** A signature as it stands in a token (RFC 7515 §3.1), made by nobody who competes. */
export function signRaw({ alg, privateKey }: Material, data: Uint8Array): Buffer {
  switch (alg) {
    case 'HS256':
      return crypto.createHmac('sha256', privateKey).update(data).digest();
    case 'RS256':
      return crypto.sign('sha256', data, privateKey);
    case 'PS256':
      return crypto.sign('sha256', data, { key: privateKey, ...PSS });
    case 'ES256':
      return crypto.sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    case 'EdDSA':
    case 'ML-DSA-44':
      return crypto.sign(null, data, privateKey);
  }
}

export const PSS = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } as const;

/** What node:crypto says of a token's signature. */
export function signatureHolds({ alg, publicKey }: Material, token: string): boolean {
  const dot = token.lastIndexOf('.');
  const data = Buffer.from(token.slice(0, dot));
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  switch (alg) {
    case 'HS256':
      return crypto.createHmac('sha256', publicKey).update(data).digest().equals(signature);
    case 'RS256':
      return crypto.verify('sha256', data, publicKey, signature);
    case 'PS256':
      return crypto.verify('sha256', data, { key: publicKey, ...PSS }, signature);
    case 'ES256':
      return crypto.verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
    case 'EdDSA':
    case 'ML-DSA-44':
      return crypto.verify(null, data, publicKey, signature);
  }
}

export function makeToken(material: Material, claims: object): string {
  const input = signingInput(material, claims);
  return `${input}.${signRaw(material, Buffer.from(input)).toString('base64url')}`;
}

export function makeTokens(material: Material, count: number): string[] {
  return Array.from({ length: count }, (_, index) => makeToken(material, makeClaims(index)));
}
