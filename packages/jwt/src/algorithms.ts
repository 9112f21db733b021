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
const SHA256 = { hash: 'sha256', hashBytes: 32 } as const;
const SHA384 = { hash: 'sha384', hashBytes: 48 } as const;
const SHA512 = { hash: 'sha512', hashBytes: 64 } as const;
const NO_HASH = { hash: undefined, hashBytes: 0 } as const;
const hmac = { ...base, family: 'hmac', kty: 'oct', keyType: 'secret' } as const;
const rsa = { ...base, family: 'rsa', kty: 'RSA', keyType: 'rsa', signatureBytes: 0 } as const;
const pss = { ...rsa, family: 'pss' } as const;
const ecdsa = { ...base, family: 'ecdsa', kty: 'EC', keyType: 'ec' } as const;
const edwards = { ...base, ...NO_HASH, family: 'pure', kty: 'OKP' } as const;
const ed25519 = {
  ...edwards,
  crv: 'Ed25519',
  keyType: 'ed25519',
  signatureBytes: 64,
  memberBytes: { x: 32, d: 32 },
} as const;
const mlDsa = { ...base, ...NO_HASH, family: 'pure', kty: 'AKP' } as const;

// RFC 7518 §3.4, §6.2.1.2: r, s and coordinates have the full length of the field
const field = (bytes: number) => ({ signatureBytes: 2 * bytes, memberBytes: { x: bytes, y: bytes, d: bytes } });

const TABLE: readonly AlgorithmRow[] = [
  { ...hmac, ...SHA256, alg: 'HS256', signatureBytes: 32 },
  { ...hmac, ...SHA384, alg: 'HS384', signatureBytes: 48 },
  { ...hmac, ...SHA512, alg: 'HS512', signatureBytes: 64 },
  { ...rsa, ...SHA256, alg: 'RS256' },
  { ...rsa, ...SHA384, alg: 'RS384' },
  { ...rsa, ...SHA512, alg: 'RS512' },
  { ...pss, ...SHA256, alg: 'PS256' },
  { ...pss, ...SHA384, alg: 'PS384' },
  { ...pss, ...SHA512, alg: 'PS512' },
  { ...ecdsa, ...SHA256, ...field(32), alg: 'ES256', crv: 'P-256', curve: 'prime256v1' },
  { ...ecdsa, ...SHA384, ...field(48), alg: 'ES384', crv: 'P-384', curve: 'secp384r1' },
  { ...ecdsa, ...SHA512, ...field(66), alg: 'ES512', crv: 'P-521', curve: 'secp521r1' },
  { ...ecdsa, ...SHA256, ...field(32), alg: 'ES256K', crv: 'secp256k1', curve: 'secp256k1' }, // RFC 8812 §3.2
  // one computation with two registered names; a key is made for one of them. docs/adr/0010-two-names-for-ed25519.md
  { ...ed25519, alg: 'EdDSA' }, // RFC 8037 §3.1, here with Ed25519 alone
  { ...ed25519, alg: 'Ed25519' }, // RFC 9864 §2.2
  {
    ...edwards,
    alg: 'Ed448',
    crv: 'Ed448',
    keyType: 'ed448',
    signatureBytes: 114,
    memberBytes: { x: 57, d: 57 },
  },
  { ...mlDsa, alg: 'ML-DSA-44', keyType: 'ml-dsa-44', signatureBytes: 2_420, memberBytes: { pub: 1_312, priv: 32 } },
  { ...mlDsa, alg: 'ML-DSA-65', keyType: 'ml-dsa-65', signatureBytes: 3_309, memberBytes: { pub: 1_952, priv: 32 } },
  { ...mlDsa, alg: 'ML-DSA-87', keyType: 'ml-dsa-87', signatureBytes: 4_627, memberBytes: { pub: 2_592, priv: 32 } },
];

const ROWS: ReadonlyMap<unknown, AlgorithmRow> = new Map(TABLE.map((row) => [row.alg, Object.freeze(row)]));

/** Names of all algorithms. */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze(TABLE.map(({ alg }) => alg));

/** The row of an algorithm; undefined for anything that isn't exactly the name of one. */
export function findAlgorithm(alg: unknown): AlgorithmRow | undefined {
  return ROWS.get(alg);
}

/** The one algorithm that a curve can only be for: RFC 7518 §3.4 ties each ECDSA algorithm to its curve. */
export function algorithmOfCurve(crv: unknown): AlgorithmRow | undefined {
  return typeof crv === 'string' ? TABLE.find((row) => row.family === 'ecdsa' && row.crv === crv) : undefined;
}
