/** Algorithms with a shared secret. RFC 7518 §3.2 */
export type SecretAlgorithm = 'HS256' | 'HS384' | 'HS512';

/** Algorithms with a key pair. RFC 7518 §3.3–3.5, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 §2, RFC 9964 §3 */
export type KeyPairAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'ES256K'
  | 'EdDSA'
  | 'Ed25519'
  | 'Ed448'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87';

/** Every algorithm that exists here. There is no row for `none`, and no code path. */
export type Algorithm = SecretAlgorithm | KeyPairAlgorithm;

/** How a signature is computed. `pure` algorithms hash the message themselves. */
export type Family = 'hmac' | 'rsa' | 'pss' | 'ecdsa' | 'pure';
/** Of the algorithms with a key pair. */
export type PairFamily = Exclude<Family, 'hmac'>;

/** What one algorithm is and needs of a key. Data only: who verifies pulls in nothing that signs. */
export interface AlgorithmRow {
  readonly alg: Algorithm;
  readonly family: Family;
  /** `kty` of its keys, and `crv` where the key type has curves. RFC 7518 §6.1, RFC 8037 §2, RFC 9964 §3 */
  readonly kty: 'oct' | 'RSA' | 'EC' | 'OKP' | 'AKP';
  readonly crv: string | undefined;
  /** Key type and curve as node:crypto calls them. */
  readonly keyType: string;
  readonly curve: string | undefined;
  /** Undefined where the algorithm hashes the message itself. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | undefined;
  /** Length of the hash in bytes: a secret is at least as long, the salt of PSS exactly. RFC 7518 §3.2, §3.5 */
  readonly hashBytes: number;
  /** Length of a signature in bytes; 0 where the key decides (RSA). */
  readonly signatureBytes: number;
  /** Exact lengths in bytes of the JWK members that hold a point or a seed. */
  readonly memberBytes: Readonly<Record<string, number>>;
}

const base = { crv: undefined, curve: undefined, memberBytes: {} } as const;
const SHA256 = { hash: 'sha256', hashBytes: 32, signatureBytes: 32 } as const;
const SHA384 = { hash: 'sha384', hashBytes: 48, signatureBytes: 48 } as const;
const SHA512 = { hash: 'sha512', hashBytes: 64, signatureBytes: 64 } as const;
const hmac = { ...base, family: 'hmac', kty: 'oct', keyType: 'secret' } as const;
const rsa = { ...base, family: 'rsa', kty: 'RSA', keyType: 'rsa', signatureBytes: 0 } as const;
const pss = { ...rsa, family: 'pss' } as const;
const ecdsa = { ...base, family: 'ecdsa', kty: 'EC', keyType: 'ec' } as const;
const pure = { ...base, hash: undefined, hashBytes: 0, family: 'pure' } as const;
const edwards = (crv: 'Ed25519' | 'Ed448', keyType: 'ed25519' | 'ed448', bytes: number) =>
  ({ ...pure, kty: 'OKP', crv, keyType, signatureBytes: 2 * bytes, memberBytes: { x: bytes, d: bytes } }) as const;
const mlDsa = <Size extends 44 | 65 | 87>(size: Size, signatureBytes: number, pub: number) =>
  ({
    ...pure,
    kty: 'AKP',
    alg: `ML-DSA-${size}`,
    keyType: `ml-dsa-${size}`,
    signatureBytes,
    memberBytes: { pub, priv: 32 },
  }) as const;

// RFC 7518 §3.4, §6.2.1.2: r, s and coordinates have the full length of the field
const field = (bytes: number) => ({ signatureBytes: 2 * bytes, memberBytes: { x: bytes, y: bytes, d: bytes } });

const TABLE: readonly AlgorithmRow[] = [
  { ...hmac, ...SHA256, alg: 'HS256' },
  { ...hmac, ...SHA384, alg: 'HS384' },
  { ...hmac, ...SHA512, alg: 'HS512' },
  { ...SHA256, ...rsa, alg: 'RS256' },
  { ...SHA384, ...rsa, alg: 'RS384' },
  { ...SHA512, ...rsa, alg: 'RS512' },
  { ...SHA256, ...pss, alg: 'PS256' },
  { ...SHA384, ...pss, alg: 'PS384' },
  { ...SHA512, ...pss, alg: 'PS512' },
  { ...ecdsa, ...SHA256, ...field(32), alg: 'ES256', crv: 'P-256', curve: 'prime256v1' },
  { ...ecdsa, ...SHA384, ...field(48), alg: 'ES384', crv: 'P-384', curve: 'secp384r1' },
  { ...ecdsa, ...SHA512, ...field(66), alg: 'ES512', crv: 'P-521', curve: 'secp521r1' },
  { ...ecdsa, ...SHA256, ...field(32), alg: 'ES256K', crv: 'secp256k1', curve: 'secp256k1' }, // RFC 8812 §3.2
  // one computation with two registered names; a key is made for one of them. docs/adr/0010-two-names-for-ed25519.md
  { ...edwards('Ed25519', 'ed25519', 32), alg: 'EdDSA' }, // RFC 8037 §3.1, here with Ed25519 alone
  { ...edwards('Ed25519', 'ed25519', 32), alg: 'Ed25519' }, // RFC 9864 §2.2
  { ...edwards('Ed448', 'ed448', 57), alg: 'Ed448' },
  mlDsa(44, 2_420, 1_312),
  mlDsa(65, 3_309, 1_952),
  mlDsa(87, 4_627, 2_592),
];

const ROWS: ReadonlyMap<unknown, AlgorithmRow> = new Map(TABLE.map((row) => [row.alg, Object.freeze(row)]));

/** Names of all algorithms. */
export const ALGORITHMS: readonly Algorithm[] = /* @__PURE__ */ Object.freeze(TABLE.map(({ alg }) => alg));

/** The row of an algorithm; undefined for anything that isn't exactly the name of one. */
export function findAlgorithm(alg: unknown): AlgorithmRow | undefined {
  return ROWS.get(alg);
}

/** The one algorithm that a curve can only be for: RFC 7518 §3.4 ties each ECDSA algorithm to its curve. */
export function algorithmOfCurve(crv: unknown): AlgorithmRow | undefined {
  return typeof crv === 'string' ? TABLE.find((row) => row.family === 'ecdsa' && row.crv === crv) : undefined;
}
