import { randomBytes } from 'node:crypto';
import type { Algorithm } from '@mapae/jwt';
import { createDpopNonces } from './dpop-nonce.ts';
import type { DpopSettings } from './dpop-proof.ts';
import { addressOption, refuseUnknown, wholeOption } from './option-checks.ts';
import { createProofReplays, type ProofReplays } from './proof-replays.ts';

/** Lets tokens in that are bound to a key of the client's, with a proof of it. RFC 9449 */
export interface DpopOptions {
  /** Public address of this API in front of the request's path, `https://api.example.com` for instance. Never taken from `Host`. */
  readonly baseUrl: string;
  /** Refuses tokens that aren't bound. Default: false. */
  readonly required?: boolean;
  /** Signatures of proofs. Default: ES256, EdDSA. */
  readonly algorithms?: readonly Algorithm[];
  /** How old a proof may be. Whole seconds, 1 to 600. Default: 60. */
  readonly maxAgeSeconds?: number;
  /**
   * Asks for a nonce of ours in each proof. `true`: of this process; a key of 32 bytes or more: of all processes that share it. Default: false.
   * RFC 9449 §9
   */
  readonly nonce?: boolean | Uint8Array;
  /** Remembers used proofs. Default: in memory, for this process, at most 100,000. */
  readonly replays?: ProofReplays;
}

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA'];
const MOST_PROOFS = 100_000;
const NONCE_KEY_BYTES = 32;

/** The DPoP options, complete and checked. */
export interface DpopChoice extends DpopSettings {
  readonly required: boolean;
}

/** @throws {TypeError} naming the option. */
export function parseDpopOptions(
  options: DpopOptions | undefined,
  shared: { readonly dangerouslyAllowHttp: boolean; readonly clockToleranceSeconds: number },
): DpopChoice | undefined {
  if (options === undefined) return undefined;
  refuseUnknown(options, ['baseUrl', 'required', 'algorithms', 'maxAgeSeconds', 'nonce', 'replays'], 'dpop.');
  const { algorithms = DEFAULT_ALGORITHMS, nonce = false, replays = createProofReplays(MOST_PROOFS) } = options;
  if (!Array.isArray(algorithms) || algorithms.length === 0 || algorithms.some(isSymmetric))
    throw new TypeError('dpop.algorithms must be one or more asymmetric algorithms');
  if (typeof replays.spend !== 'function') throw new TypeError('dpop.replays must have spend()');
  if (nonce instanceof Uint8Array && nonce.length < NONCE_KEY_BYTES)
    throw new TypeError(`dpop.nonce must have ${NONCE_KEY_BYTES} bytes or more`);
  const nonceKey = nonce === true ? randomBytes(NONCE_KEY_BYTES) : nonce;
  return Object.freeze({
    baseUrl: addressOption('dpop.baseUrl', options.baseUrl, shared.dangerouslyAllowHttp),
    required: options.required === true,
    algorithms: Object.freeze([...(algorithms as Algorithm[])]),
    maxAgeSeconds: wholeOption('dpop.maxAgeSeconds', options.maxAgeSeconds ?? 60, 1, 600),
    clockToleranceSeconds: shared.clockToleranceSeconds,
    nonces: nonceKey === false ? undefined : createDpopNonces(nonceKey),
    replays,
  });
}

/** RFC 9449 §4.3 item 5; a name that isn't known at all is refused when a proof comes with it. */
function isSymmetric(alg: unknown): boolean {
  return typeof alg !== 'string' || alg === 'none' || alg.startsWith('HS');
}
