import type { JwtClaims } from './claims.ts';
import { materialOf, type PrivateKey, type SecretKey } from './keys.ts';
import { bindSignatureMaker } from './make-signature.ts';
import { createSigningInput, refuseUnknownTokenOptions, type TokenOptions } from './signing-input.ts';
import type { TypedClaims } from './verify.ts';

export interface JwtSignerOptions<Input = JwtClaims> extends TokenOptions<Input> {
  readonly key: PrivateKey | SecretKey;
}

export interface JwtSigner<C = JwtClaims> {
  /** @throws {SigningRefused} `sign/claim`, `sign/readable-claim`, `sign/over-budget` */
  sign(claims: C): string;
  /** The same on the thread pool, for servers that must not wait for RSA. */
  signAsync(claims: C): Promise<string>;
}

/**
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 * @throws {KeyRejected} `key/use` for a key that may only verify.
 */
export function createJwtSigner<Input = JwtClaims>(options: JwtSignerOptions<Input>): JwtSigner<TypedClaims<Input>> {
  refuseUnknownTokenOptions(options, ['key']);
  const material = materialOf(options.key, ['private', 'secret'], 'sign');
  const maker = bindSignatureMaker(material);
  const { prefix, payloadOf } = createSigningInput(options, {
    row: material.row,
    kid: options.key.kid,
    signatureCharacters: maker.characters,
  });
  return Object.freeze({
    sign(claims: TypedClaims<Input>): string {
      const payload = payloadOf(claims);
      return `${prefix}${payload}.${maker.sign(prefix, payload)}`;
    },
    async signAsync(claims: TypedClaims<Input>): Promise<string> {
      const payload = payloadOf(claims);
      return `${prefix}${payload}.${await maker.signAsync(prefix, payload)}`;
    },
  });
}

/** Signs one token. Who signs more than one makes a signer: it prepares its key once. @throws as {@link JwtSigner.sign} */
export function sign<Input = JwtClaims>(claims: TypedClaims<Input>, options: JwtSignerOptions<Input>): string {
  return createJwtSigner(options).sign(claims);
}
