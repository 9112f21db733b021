/** How the content key gets to the recipient. RFC 7518 §4.1. RSA1_5, PBES2 and AES-CBC have no row, and no code path. */
export type KeyManagementAlgorithm = 'dir' | 'ECDH-ES' | 'ECDH-ES+A256KW' | 'RSA-OAEP-256';

/** The one content encryption. RFC 7518 §5.3 */
export const CONTENT_ENCRYPTION = 'A256GCM';

export type EncryptionCurve = 'P-256' | 'P-384' | 'P-521' | 'X25519';

/** What one way of key management needs of a key and of a token. Everything else is handed a row and never enumerates. */
export interface KeyManagementRow {
  readonly alg: KeyManagementAlgorithm;
  readonly kind: 'shared' | 'agreement' | 'rsa';
  /** Whether the second segment of a token holds an encrypted content key. RFC 7516 §5.2 steps 10, 11 */
  readonly carriesKey: boolean;
  /** Uses a private key may name, one of them at least. RFC 7517 §4.3 */
  readonly privateOperations: readonly string[];
  /** The same of a public key; a public key of an agreement has none. */
  readonly publicOperations: readonly string[];
}

/** Bytes of a coordinate, by curve; X25519 has one of them. RFC 7518 §6.2.1.2, RFC 8037 §2 */
export interface CurveRow {
  readonly kty: 'EC' | 'OKP';
  readonly bytes: number;
  /** Type of key, and name of the curve, in node:crypto. */
  readonly keyType: 'ec' | 'x25519';
  readonly name: string | undefined;
}

const AGREEMENT = ['deriveKey', 'deriveBits'];

const ROWS: ReadonlyMap<string, KeyManagementRow> = new Map(
  (
    [
      { alg: 'dir', kind: 'shared', carriesKey: false, privateOperations: ['decrypt'], publicOperations: ['encrypt'] },
      { alg: 'ECDH-ES', kind: 'agreement', carriesKey: false, privateOperations: AGREEMENT, publicOperations: [] },
      {
        alg: 'ECDH-ES+A256KW',
        kind: 'agreement',
        carriesKey: true,
        privateOperations: AGREEMENT,
        publicOperations: [],
      },
      {
        alg: 'RSA-OAEP-256',
        kind: 'rsa',
        carriesKey: true,
        privateOperations: ['decrypt', 'unwrapKey'],
        publicOperations: ['encrypt', 'wrapKey'],
      },
    ] satisfies readonly KeyManagementRow[]
  ).map((row) => [row.alg, row]),
);

const CURVES: ReadonlyMap<string, CurveRow> = new Map<EncryptionCurve, CurveRow>([
  ['P-256', { kty: 'EC', bytes: 32, keyType: 'ec', name: 'prime256v1' }],
  ['P-384', { kty: 'EC', bytes: 48, keyType: 'ec', name: 'secp384r1' }],
  ['P-521', { kty: 'EC', bytes: 66, keyType: 'ec', name: 'secp521r1' }],
  ['X25519', { kty: 'OKP', bytes: 32, keyType: 'x25519', name: undefined }],
]);

/** The row of a way of key management; undefined for anything that isn't exactly the name of one. */
export function findKeyManagement(alg: unknown): KeyManagementRow | undefined {
  return typeof alg === 'string' ? ROWS.get(alg) : undefined;
}

/** The row of a curve; undefined for anything that isn't exactly the name of one. */
export function findCurve(crv: unknown): CurveRow | undefined {
  return typeof crv === 'string' ? CURVES.get(crv) : undefined;
}
