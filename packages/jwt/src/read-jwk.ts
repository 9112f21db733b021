import { type AlgorithmRow, algorithmOfCurve, findAlgorithm } from './algorithms.ts';
import { isCanonical } from './canonical.ts';
import { KeyRejected } from './errors.ts';
import { IMPORT_OPTIONS, type ImportOptions } from './import-options.ts';
import type { Jwk } from './jwk.ts';
import type { KeyFacts } from './keys.ts';
import { refuseUnknown } from './options.ts';

/** Members of private keys. RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2, RFC 9964 §3 */
export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
export const PUBLIC_MEMBERS: readonly string[] = ['kty', 'crv', 'x', 'y', 'n', 'e', 'pub'];
const RSA_NUMBERS = ['n', 'e', ...PRIVATE_MEMBERS.slice(0, 6)];

type Operation = 'sign' | 'verify';

/** A JWK whose algorithm, use and shape were checked; the key itself is still to be. */
export interface ReadJwk {
  readonly row: AlgorithmRow;
  /** Copy of its own members; a prototype's don't count. */
  readonly members: Jwk;
  readonly facts: KeyFacts;
}

/**
 * Reads what is common to all JWKs.
 *
 * @throws {KeyRejected} `key/malformed`, `key/algorithm`, `key/type`, `key/use`, `key/id`
 * @see RFC 7517 §4
 */
export function readJwk(jwk: unknown, options: ImportOptions): ReadJwk {
  refuseUnknown(options, IMPORT_OPTIONS);
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new KeyRejected('key/malformed');
  const members = Object.fromEntries(Object.entries(jwk)) as unknown as Jwk;
  const row = rowOf(members, options);
  if (members.kty !== row.kty || members.crv !== row.crv) throw new KeyRejected('key/type');
  const operations = operationsOf(members);
  const { kid } = members;
  if (kid !== undefined && typeof kid !== 'string') throw new KeyRejected('key/id');
  // RFC 7518 §6.3.2.7: primes beyond two are never used by anyone and would have to be checked
  if ('oth' in members) throw new KeyRejected('key/malformed');
  checkBytes(row, members as unknown as Readonly<Record<string, unknown>>);
  const { dangerouslyAllowSmallExponent } = options;
  return { row, members, facts: { kid: options.kid ?? kid, operations, dangerouslyAllowSmallExponent } };
}

function rowOf(members: Jwk, options: ImportOptions): AlgorithmRow {
  const own = members.alg === undefined ? undefined : namedRow(members.alg);
  const asked = options.alg === undefined ? own : namedRow(options.alg);
  const row = asked ?? algorithmOfCurve(members.crv);
  if (row === undefined || (own !== undefined && own !== row && !isSameComputation(own, row)))
    throw new KeyRejected('key/algorithm');
  return row;
}

function namedRow(alg: unknown): AlgorithmRow {
  const row = findAlgorithm(alg);
  if (row === undefined) throw new KeyRejected('key/algorithm');
  return row;
}

/** RFC 9864 §2.2: `EdDSA` on Ed25519 and `Ed25519` are one computation, so an importer may say which of the names the key is for. */
function isSameComputation(a: AlgorithmRow, b: AlgorithmRow): boolean {
  return a.keyType === 'ed25519' && b.keyType === 'ed25519';
}

/** RFC 7517 §4.2, §4.3: `use` and `key_ops` are obeyed, and they agree with each other. */
function operationsOf({ use, key_ops: listed }: Jwk): ReadonlySet<Operation> {
  if (use !== undefined && use !== 'sig') throw new KeyRejected('key/use');
  if (listed === undefined) return new Set(['sign', 'verify']);
  if (!Array.isArray(listed) || !listed.every((one) => one === 'sign' || one === 'verify'))
    throw new KeyRejected('key/use');
  const operations: ReadonlySet<Operation> = new Set(listed);
  if (operations.size !== listed.length) throw new KeyRejected('key/use');
  return operations;
}

/** RFC 7518 §6.2.1.2: coordinates have their full length; §6.3.1.1: numbers have no leading zero octets. */
function checkBytes(row: AlgorithmRow, members: Readonly<Record<string, unknown>>): void {
  for (const [name, length] of Object.entries(row.memberBytes)) {
    if (name in members && bytesOf(members[name]).length !== length) throw new KeyRejected('key/malformed');
  }
  if (row.kty !== 'RSA') return;
  for (const name of RSA_NUMBERS) {
    if (name in members && !((bytesOf(members[name])[0] ?? 0) > 0)) throw new KeyRejected('key/malformed');
  }
}

/** The bytes of a JWK member. @throws {KeyRejected} `key/malformed` */
export function bytesOf(value: unknown): Uint8Array {
  // RFC 4648 §3.5: one value has one spelling
  if (typeof value !== 'string' || !isCanonical(value)) throw new KeyRejected('key/malformed');
  return Buffer.from(value, 'base64url');
}

/** What node:crypto is handed: the members that make the key, and no other. */
export function keyMembers({ row, members }: ReadJwk, names: readonly string[]): Record<string, unknown> {
  const picked = Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)));
  // RFC 9964 §3: in these keys `alg` is part of the key
  return row.kty === 'AKP' ? { ...picked, alg: row.alg } : picked;
}
