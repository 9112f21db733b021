import type { JwtClaims } from './claims.ts';
import { SigningRefused } from './errors.ts';
import { materialOf, type PrivateKey, type SecretKey } from './keys.ts';
import { bindSignatureMaker } from './make-signature.ts';
import { numberOption, refuseUnknown, textOption } from './options.ts';
import { refuseReadableClaims } from './readable-claims.ts';

export interface JwtSignerOptions {
  readonly key: PrivateKey | SecretKey;
  /** Type of the tokens it makes, `at+jwt` for instance. RFC 8725 §3.11 */
  readonly typ: string;
  /** Longest token it makes, bytes. 64 to 65,536. Default: 1,024. */
  readonly budgetBytes?: number;
  /** Claims that look like secrets or personal data and are wanted all the same. */
  readonly allowReadableClaims?: readonly string[];
}

export interface JwtSigner {
  /** @throws {SigningRefused} `sign/claim`, `sign/readable-claim`, `sign/over-budget` */
  sign(claims: JwtClaims): string;
  /** The same on the thread pool, for servers that must not wait for RSA. */
  signAsync(claims: JwtClaims): Promise<string>;
}

/** @throws {TypeError} naming the option that is missing, unknown or out of range. */
export function createJwtSigner(options: JwtSignerOptions): JwtSigner {
  refuseUnknown(options, ['key', 'typ', 'budgetBytes', 'allowReadableClaims']);
  const material = materialOf(options.key, ['private', 'secret'], 'sign');
  const maker = bindSignatureMaker(material.row, material.object);
  const typ = textOption('typ', options.typ);
  const budgetBytes = numberOption('budgetBytes', options.budgetBytes ?? 1_024, 64, 65_536);
  const allowed = new Set(options.allowReadableClaims ?? []);
  const prefix = `${encode({ alg: material.row.alg, typ, kid: options.key.kid })}.`;

  function input(claims: JwtClaims): string {
    refuseWrongTypes(claims);
    refuseReadableClaims(claims, allowed);
    return prefix + encode(claims);
  }

  function withinBudget(token: string, claims: JwtClaims): string {
    if (token.length > budgetBytes) throw new SigningRefused('sign/over-budget', largest(claims));
    return token;
  }

  return Object.freeze({
    sign(claims: JwtClaims): string {
      const text = input(claims);
      return withinBudget(`${text}.${maker.sign(text)}`, claims);
    },
    async signAsync(claims: JwtClaims): Promise<string> {
      const text = input(claims);
      return withinBudget(`${text}.${await maker.signAsync(text)}`, claims);
    },
  });
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** RFC 7519 §4.1: what our own verifier would refuse isn't signed. */
function refuseWrongTypes(claims: JwtClaims): void {
  const wrong = [
    ...(['exp', 'nbf', 'iat'] as const).filter(
      (name) => claims[name] !== undefined && !(Number.isSafeInteger(claims[name]) && Number(claims[name]) >= 0),
    ),
    ...(['iss', 'sub', 'jti'] as const).filter(
      (name) => claims[name] !== undefined && (typeof claims[name] !== 'string' || claims[name] === ''),
    ),
    ...(isAudience(claims.aud) ? [] : ['aud']),
  ];
  if (wrong.length > 0) throw new SigningRefused('sign/claim', wrong);
}

function isAudience(aud: unknown): boolean {
  if (aud === undefined) return true;
  return Array.isArray(aud)
    ? aud.length > 0 && aud.every((one) => typeof one === 'string')
    : typeof aud === 'string' && aud !== '';
}

/** Names of the largest claims, largest first, at most three. */
function largest(claims: JwtClaims): string[] {
  return Object.entries(claims)
    .map(([name, value]) => ({ name, size: JSON.stringify(value)?.length ?? 0 }))
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ name }) => name);
}
