import { bindKey } from './bound-key.ts';
import type { JwtClaims } from './claims.ts';
import { SigningRefused } from './errors.ts';
import { materialOf, type PublicKey } from './keys.ts';
import { encodeDer } from './make-signature.ts';
import { createSigningInput, refuseUnknownTokenOptions, type TokenOptions } from './signing-input.ts';
import type { TypedClaims } from './verify.ts';

/** A private key that lives elsewhere: in a key service, a hardware module, another process. */
export interface ExternalKey {
  /** Its public half: says the algorithm and the `kid`, and each signature is checked with it before a token leaves. */
  readonly publicKey: PublicKey;
  /**
   * Signs bytes: the message itself, at most 65,536 of them, not its hash. What it rejects with reaches the caller as it is.
   *
   * @returns The signature; for ECDSA in the form that `ecdsaFormat` says.
   */
  sign(data: Uint8Array): Promise<Uint8Array>;
  /** `jose` is r || s (RFC 7518 §3.4); most key services give `der`. Default: `jose`. */
  readonly ecdsaFormat?: 'jose' | 'der';
}

export interface ExternalJwtSignerOptions<Input = JwtClaims> extends TokenOptions<Input> {
  readonly key: ExternalKey;
}

export interface ExternalJwtSigner<C = JwtClaims> {
  /** @throws {SigningRefused} `sign/claim`, `sign/readable-claim`, `sign/over-budget`, `sign/external` */
  signAsync(claims: C): Promise<string>;
}

/**
 * A signer whose key is elsewhere.
 *
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 */
export function createExternalJwtSigner<Input = JwtClaims>(
  options: ExternalJwtSignerOptions<Input>,
): ExternalJwtSigner<TypedClaims<Input>> {
  refuseUnknownTokenOptions(options, ['key']);
  const { publicKey, ecdsaFormat = 'jose' } = options.key;
  if (typeof options.key.sign !== 'function') throw new TypeError('key must have a function sign');
  if (ecdsaFormat !== 'jose' && ecdsaFormat !== 'der') throw new TypeError('ecdsaFormat must be jose or der');
  const { row, object } = materialOf(publicKey, ['public']);
  const bound = bindKey(publicKey);
  const bytes = row.signatureBytes || Math.ceil((object.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  const { prefix, payloadOf } = createSigningInput(options, {
    row,
    kid: publicKey.kid,
    signatureCharacters: Math.ceil((bytes * 4) / 3),
  });

  function textOf(signature: Uint8Array): string {
    if (row.family !== 'ecdsa' || ecdsaFormat === 'jose') return Buffer.from(signature).toString('base64url');
    try {
      return encodeDer(signature, row);
    } catch {
      throw new SigningRefused('sign/external', []);
    }
  }

  return Object.freeze({
    async signAsync(claims: TypedClaims<Input>): Promise<string> {
      const input = prefix + payloadOf(claims);
      const signature = await options.key.sign(Buffer.from(input, 'latin1'));
      if (!(signature instanceof Uint8Array)) throw new SigningRefused('sign/external', []);
      const token = `${input}.${textOf(signature)}`;
      if (!(await bound.checkAsync(token, input.length))) throw new SigningRefused('sign/external', []);
      return token;
    },
  });
}
