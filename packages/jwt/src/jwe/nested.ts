import type { JwtClaims } from '../claims.ts';
import { decode } from '../decode.ts';
import { SigningRefused, TokenRejected } from '../errors.ts';
import { numberOption, refuseUnknown } from '../options.ts';
import type { JwtSigner } from '../sign.ts';
import type { Verified } from '../verified.ts';
import type { JwtVerifier } from '../verify.ts';
import { createJweDecrypter, type JweDecrypterOptions } from './decrypt.ts';
import { createJweEncrypter } from './encrypt.ts';
import type { EncryptionKey, SharedEncryptionKey } from './encryption-keys.ts';

export interface EncryptedJwtSignerOptions<C = JwtClaims> {
  /**
   * Makes the token inside, here or elsewhere (`createExternalJwtSigner`); it has the `typ`. Claims that only the recipient may read are allowed by name there
   * (`allowReadableClaims`).
   */
  readonly signer: Pick<JwtSigner<C>, 'signAsync'>;
  /** Who can read the token. */
  readonly encryptionKey: EncryptionKey | SharedEncryptionKey;
  /** Longest token it makes, bytes. 64 to 65,536. Default: 4,096. */
  readonly budgetBytes?: number;
}

export interface EncryptedJwtSigner<C = JwtClaims> {
  /**
   * Signs claims, then encrypts the signed token for its recipient.
   *
   * @returns JWE in compact form with `cty: JWT`.
   * @throws {SigningRefused} `sign/claim`, `sign/readable-claim`, `sign/over-budget`
   * @see RFC 7519 §3, §5.2, §11.2
   */
  sign(claims: C): Promise<string>;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createEncryptedJwtSigner<C extends object = JwtClaims>(
  options: EncryptedJwtSignerOptions<C>,
): EncryptedJwtSigner<C> {
  refuseUnknown(options, ['signer', 'encryptionKey', 'budgetBytes']);
  const { signer } = options;
  if (typeof signer?.signAsync !== 'function') throw new TypeError('signer must be a signer of JWTs');
  const budgetBytes = numberOption('budgetBytes', options.budgetBytes ?? 4_096, 64, 65_536);
  const encrypter = createJweEncrypter({ key: options.encryptionKey, cty: 'JWT', budgetBytes });
  return Object.freeze({
    async sign(claims: C): Promise<string> {
      const inner = await signer.signAsync(claims);
      try {
        return await encrypter.encrypt(Buffer.from(inner, 'latin1'));
      } catch (error) {
        // the encrypter knows nothing of claims
        if (error instanceof SigningRefused) throw new SigningRefused(error.code, largestFirst(claims));
        throw error;
      }
    },
  });
}

function largestFirst(claims: object): string[] {
  const size = (value: unknown): number => JSON.stringify(value)?.length ?? 0;
  return Object.entries(claims)
    .toSorted(([, a], [, b]) => size(b) - size(a))
    .map(([name]) => name);
}

export interface EncryptedJwtVerifierOptions<C = JwtClaims> {
  /** Judges the token inside: signature, `typ`, claims. */
  readonly verifier: JwtVerifier<C>;
  readonly decryptionKeys: JweDecrypterOptions['keys'];
  /** Longest token that is looked at, bytes. 64 to 65,536. Default: 8,192. */
  readonly maxTokenBytes?: number;
}

export interface EncryptedJwtVerifier<C = JwtClaims> {
  /**
   * Decrypts a token and verifies the signed one inside. Being able to decrypt a token proves nothing, so what isn't
   * signed inside is refused like any forged token.
   *
   * @returns The inner claims.
   * @throws {TokenRejected} `token/decryption`, `token/nested`, and all codes of {@link JwtVerifier.verify}
   * @see RFC 7519 §7.2, RFC 8725 §3.3, §3.11
   */
  verify(token: string): Promise<Verified<C>>;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createEncryptedJwtVerifier<C = JwtClaims>(
  options: EncryptedJwtVerifierOptions<C>,
): EncryptedJwtVerifier<C> {
  refuseUnknown(options, ['verifier', 'decryptionKeys', 'maxTokenBytes']);
  const { verifier, ...rest } = options;
  if (typeof verifier?.verify !== 'function') throw new TypeError('verifier must be a JwtVerifier');
  const opener = createNestedJwtOpener(rest);
  return Object.freeze({
    async verify(token: string): Promise<Verified<C>> {
      const { signed, checkRepeated } = await opener.open(token);
      const verified = verifier.verify(signed);
      // a schema may have dropped the claims, so they are read anew
      checkRepeated(decode(signed).claims);
      return verified;
    },
  });
}

/** The token inside of another one, whose signature nobody has checked yet. */
export interface OpenedJwt {
  /** JWS in compact form, as far as anyone knows. */
  readonly signed: string;
  /** Compares the inner claims, once they are verified, with those that were repeated outside. RFC 7519 §5.3 @throws {TokenRejected} `token/header` */
  checkRepeated(claims: Readonly<Record<string, unknown>>): void;
}

export interface NestedJwtOpener {
  /**
   * Decrypts a token for a verifier that judges what is inside: being able to decrypt proves nothing.
   *
   * @throws {TokenRejected} `token/decryption`, `token/nested`, `token/type` and what `JweDecrypter.decrypt` throws.
   * @see RFC 7519 §7.2
   */
  open(token: string): Promise<OpenedJwt>;
}

/**
 * For verifiers with a cache and rules of their own; take {@link createEncryptedJwtVerifier} elsewhere.
 *
 * @throws {TypeError} naming the option that is missing, unknown or out of range.
 */
export function createNestedJwtOpener(
  options: Omit<EncryptedJwtVerifierOptions<unknown>, 'verifier'>,
): NestedJwtOpener {
  refuseUnknown(options, ['decryptionKeys', 'maxTokenBytes']);
  const decrypter = createJweDecrypter({
    keys: options.decryptionKeys,
    ...(options.maxTokenBytes === undefined ? {} : { maxTokenBytes: options.maxTokenBytes }),
  });
  return Object.freeze({
    async open(token: string): Promise<OpenedJwt> {
      const { plaintext, header } = await decrypter.decrypt(token);
      // RFC 7519 §5.2: a nested token says that it is one. §5.1: the kind of the token stands in the inner header
      if (header.cty !== 'jwt') throw new TokenRejected('token/nested', 'cty');
      if (header.typ !== undefined && header.typ !== 'jwt') throw new TokenRejected('token/type', 'typ');
      return {
        signed: Buffer.from(plaintext).toString('latin1'),
        checkRepeated: (claims) => checkRepeated(header.repeated, claims),
      };
    },
  });
}

/** RFC 7519 §5.3: claims that were repeated outside have to be the same inside. */
function checkRepeated(repeated: Readonly<Record<string, unknown>>, claims: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(repeated))
    if (JSON.stringify(value) !== JSON.stringify(claims[name])) throw new TokenRejected('token/header', name);
}
