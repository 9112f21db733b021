import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { type AlgorithmRow, findAlgorithm, type KeyPairAlgorithm, type SecretAlgorithm } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import { bindHmac } from './hmac.ts';
import { type KeyOptions, makeKey, type PrivateKey, type SecretKey } from './keys.ts';
import { isSupported } from './runtime-support.ts';

export interface GenerateOptions extends KeyOptions {
  /** Length of the modulus of an RSA key. 2,048 to 16,384, a multiple of 8. Default: 2,048. */
  readonly modulusBits?: number | undefined;
}

type Generation = readonly [type: string, options: object];

const generateNow = crypto.generateKeyPairSync as (type: string, options: object) => { readonly privateKey: KeyObject };
const generateLater = promisify(crypto.generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

/**
 * Makes a private key. RSA takes a fraction of a second here: servers take {@link generatePrivateKeyAsync}.
 *
 * @throws {KeyRejected} `key/algorithm`, `key/weak`, `key/unsupported`, `key/id`
 */
export function generatePrivateKey(alg: KeyPairAlgorithm, options: GenerateOptions = {}): PrivateKey {
  const row = rowOf(alg, false);
  const { privateKey } = generateNow(...generation(row, options));
  return makeKey('private', row, privateKey, { kid: options.kid });
}

/** Makes a private key off the main thread. @throws {KeyRejected} as {@link generatePrivateKey} */
export async function generatePrivateKeyAsync(
  alg: KeyPairAlgorithm,
  options: GenerateOptions = {},
): Promise<PrivateKey> {
  const row = rowOf(alg, false);
  const { privateKey } = await generateLater(...generation(row, options));
  return makeKey('private', row, privateKey, { kid: options.kid });
}

/** Makes a secret as long as the hash: 256, 384 or 512 bits. @throws {KeyRejected} `key/algorithm`, `key/id` */
export function generateSecretKey(alg: SecretAlgorithm, options: KeyOptions = {}): SecretKey {
  const row = rowOf(alg, true);
  const secret = crypto.createSecretKey(crypto.randomBytes(row.hashBytes));
  return makeKey('secret', row, secret, { kid: options.kid }, bindHmac);
}

function rowOf(alg: unknown, secretWanted: boolean): AlgorithmRow {
  const row = findAlgorithm(alg);
  if (row === undefined || (row.family === 'hmac') !== secretWanted) throw new KeyRejected('key/algorithm');
  if (!secretWanted && !isSupported(row)) throw new KeyRejected('key/unsupported');
  return row;
}

function generation(row: AlgorithmRow, { modulusBits = 2_048 }: GenerateOptions): Generation {
  if (row.kty === 'RSA') {
    if (!(modulusBits >= 2_048 && modulusBits <= 16_384 && modulusBits % 8 === 0)) throw new KeyRejected('key/weak');
    return ['rsa', { modulusLength: modulusBits }];
  }
  return [row.keyType, row.curve === undefined ? {} : { namedCurve: row.curve }];
}
