import * as crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../failure.ts';
import type { AttackMaterial, PublishedKey } from './bad-token.ts';
import { rawSigner } from './raw-signer.ts';

const TIMEOUT_MS = 5_000;
const LARGEST_SET = 1_048_576;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export interface MaterialSources {
  readonly token: string;
  /** Address or file of the issuer's key set. */
  readonly jwks: string | undefined;
  /** File with the issuer's signing key: PEM, a JWK, or the text of a secret. */
  readonly key: string | undefined;
  readonly cwd: string;
}

/** @throws {CliError} naming the option at fault. */
export async function readMaterial(sources: MaterialSources): Promise<Omit<AttackMaterial, 'lure'>> {
  const { token, jwks, key, cwd } = sources;
  const header = JWT.test(token) ? headerOf(token) : undefined;
  if (header === undefined)
    throw new CliError('the token is no signed JWT', 'give a good access token by MAPAE_ATTACK_TOKEN, or by --token');
  const alg = String(header['alg']);
  return {
    token,
    publicKey: jwks === undefined ? undefined : publishedKey(await readSet(jwks, cwd), header['kid']),
    sign: key === undefined ? undefined : signer(alg, readText('--key', resolve(cwd, key))),
  };
}

function headerOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const [header, payload] = token.split('.').map((part) => parseObject(Buffer.from(part, 'base64url').toString()));
  return payload === undefined ? undefined : header;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CliError(`the file of ${option} cannot be read`, `check the path: ${path}`, undefined, { cause });
  }
}

async function readSet(jwks: string, cwd: string): Promise<readonly object[]> {
  const text = /^https?:\/\//.test(jwks) ? await fetchText(jwks) : readText('--jwks', resolve(cwd, jwks));
  const keys = parseObject(text)?.['keys'];
  if (!Array.isArray(keys))
    throw new CliError('--jwks gives no key set', 'it is the `jwks_uri` of the issuer’s metadata');
  return keys.filter((one): one is object => typeof one === 'object' && one !== null);
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    if (response.ok && text.length <= LARGEST_SET) return text;
  } catch {
    // said below
  }
  throw new CliError('--jwks could not be fetched', 'give its address, or a file');
}

function publishedKey(keys: readonly object[], kid: unknown): PublishedKey {
  const jwk = keys.find((one) => 'kid' in one && one.kid === kid) ?? (keys.length === 1 ? keys[0] : undefined);
  if (jwk === undefined) throw new CliError('the key set has no key of the token’s kid', 'is it of the same issuer?');
  try {
    const key = crypto.createPublicKey({ key: jwk as crypto.webcrypto.JsonWebKey, format: 'jwk' });
    return { jwk, pem: key.export({ type: 'spki', format: 'pem' }).toString() };
  } catch (cause) {
    throw new CliError('the key of the token is no public key', 'is it a set for signatures?', undefined, { cause });
  }
}

function signer(alg: string, text: string): NonNullable<AttackMaterial['sign']> {
  try {
    const sign = rawSigner(alg, signingKey(alg, text));
    sign?.('');
    if (sign !== undefined) return sign;
  } catch {
    // said below
  }
  throw new CliError(`--key holds no key that signs by ${alg}`, 'a private key as PEM or JWK, or the text of a secret');
}

function signingKey(alg: string, text: string): crypto.KeyObject {
  const jwk = parseObject(text);
  if (jwk?.['kty'] === 'oct') return crypto.createSecretKey(Buffer.from(String(jwk['k']), 'base64url'));
  if (jwk !== undefined) {
    const { key_ops: _operations, ...key } = jwk;
    return crypto.createPrivateKey({ key: key as crypto.webcrypto.JsonWebKey, format: 'jwk' });
  }
  return alg.startsWith('HS') ? crypto.createSecretKey(Buffer.from(text.trim())) : crypto.createPrivateKey(text);
}
