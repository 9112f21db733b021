import { createHash } from 'node:crypto';
import {
  type Algorithm,
  createJwtVerifier,
  decode,
  importPublicJwk,
  KeyRejected,
  type PublicKey,
  TokenRejected,
  TokenUndecodable,
  thumbprint,
  type UnverifiedToken,
} from '@mapae/jwt';
import type { DpopNonces } from './dpop-nonce.ts';
import type { ProofReplays } from './proof-replays.ts';
import { refuse } from './refusal.ts';
import { headerValues, type RequestLike } from './request.ts';

/** What decides whether a proof is good. */
export interface DpopSettings {
  /** Public address of this API, in front of the request's path; never taken from `Host`. */
  readonly baseUrl: string;
  /** RFC 9449 §4.3 item 5: asymmetric, and wanted here. */
  readonly algorithms: readonly Algorithm[];
  /** Longest time since the proof was made, whole seconds. */
  readonly maxAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  /** Undefined where no nonce is asked for. RFC 9449 §9 */
  readonly nonces: DpopNonces | undefined;
  readonly replays: ProofReplays;
}

/** What a proof is checked against. */
export interface ProofTarget {
  readonly request: RequestLike;
  readonly accessToken: string;
  /** `cnf.jkt` of the token. RFC 9449 §6.1 */
  readonly jkt: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** A proof on its way through the checks; each step may rely on those before it. */
interface ProofState extends ProofTarget {
  readonly settings: DpopSettings;
  proof: string;
  decoded: UnverifiedToken;
  key: PublicKey;
}

/** RFC 9449 §4.3, in its order; the `jti` is spent last, so that a proof that fails for another reason spends nothing. */
const CHECKS: readonly ((state: ProofState) => void)[] = [
  findProof, //          item 1: one DPoP header field
  decodeProof, //        item 2: a single well-formed JWT
  checkRequiredClaims, // item 3
  checkType, //          item 4: typ is dpop+jwt
  checkAlgorithm, //     item 5: asymmetric, not none, on the list
  importKey, //          item 7: the jwk holds no private key
  checkSignature, //     item 6: with that jwk
  checkMethod, //        item 8
  checkTarget, //        item 9: normalised, without query and fragment
  checkNonce, //         item 10
  checkAge, //           item 11
  checkTokenHash, //     item 12 a
  checkBinding, //       item 12 b
];

const LONGEST_PROOF = 8_192;
const LONGEST_JTI = 256;
const LONGEST_TARGET = 2_048;

/**
 * Checks a DPoP proof against the request it came with, and spends its `jti`.
 *
 * @throws {RequestRefused} `proof/…`; a promise only where the replay store is a shared one.
 * @see RFC 9449 §4.3, §7.1, §11.1
 */
export function checkDpopProof(target: ProofTarget, settings: DpopSettings): void | Promise<void> {
  const state = { ...target, settings } as ProofState;
  for (const check of CHECKS) check(state);
  const { claims } = state.decoded;
  // RFC 9449 §11.1: once, for as long as its age would let it in
  const key = createHash('sha256')
    .update(`${target.jkt}\0${String(claims['jti'])}`)
    .digest('base64url');
  const untilMs = (Number(claims['iat']) + settings.maxAgeSeconds + settings.clockToleranceSeconds) * 1_000;
  const first = settings.replays.spend(key, untilMs, target.nowMs);
  if (first instanceof Promise) return first.then(refuseReplay);
  return refuseReplay(first);
}

function refuseReplay(first: boolean): void {
  if (!first) throw refuse('proof/replayed');
}

function findProof(state: ProofState): void {
  const [proof, more] = headerValues(state.request, 'dpop');
  if (proof === undefined || proof === '') throw refuse('proof/missing');
  // two headers arrive joined by a comma, which no token holds
  if (more !== undefined || proof.includes(',') || proof.length > LONGEST_PROOF) throw refuse('proof/malformed');
  state.proof = proof;
}

function decodeProof(state: ProofState): void {
  try {
    state.decoded = decode(state.proof);
  } catch (error) {
    if (error instanceof TokenUndecodable) throw refuse('proof/malformed');
    throw error;
  }
}

function checkRequiredClaims({ decoded: { claims } }: ProofState): void {
  const { jti, htm, htu, iat } = claims;
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) throw refuse('proof/malformed');
  if (typeof htm !== 'string' || typeof htu !== 'string' || htu.length > LONGEST_TARGET)
    throw refuse('proof/malformed');
  if (!Number.isSafeInteger(iat) || Number(iat) < 0) throw refuse('proof/malformed');
}

function checkType({ decoded: { header } }: ProofState): void {
  if (header['typ'] !== 'dpop+jwt') throw refuse('proof/malformed');
}

function checkAlgorithm({ decoded: { header }, settings: { algorithms } }: ProofState): void {
  if (!algorithms.some((alg) => alg === header['alg'])) throw refuse('proof/algorithm');
}

function importKey(state: ProofState): void {
  const { jwk, alg, kid } = state.decoded.header;
  try {
    // the header's `kid` names nothing here: the key is the one beside it
    const members = typeof jwk === 'object' && jwk !== null ? { ...jwk, kid: kid ?? 'proof' } : jwk;
    state.key = importPublicJwk(members, { alg: alg as Algorithm });
  } catch (error) {
    if (error instanceof KeyRejected) throw refuse('proof/key');
    throw error;
  }
}

function checkSignature({ key, proof }: ProofState): void {
  // a proof has neither issuer nor audience (RFC 9449 §4.2), and only its signature is asked about
  const verifier = createJwtVerifier({ keys: key, issuer: 'proof', audience: 'proof', typ: 'dpop+jwt' });
  try {
    verifier.verifySignature(proof);
  } catch (error) {
    if (error instanceof TokenRejected)
      throw refuse(error.code === 'token/signature' ? 'proof/signature' : 'proof/malformed');
    throw error;
  }
}

function checkMethod({ decoded: { claims }, request }: ProofState): void {
  if (request.method === undefined || claims['htm'] !== request.method) throw refuse('proof/method');
}

function checkTarget({ decoded: { claims }, request, settings: { baseUrl } }: ProofState): void {
  const asked = normalizeTarget(baseUrl + pathOf(request.url));
  if (request.url === undefined || asked === undefined || normalizeTarget(String(claims['htu'])) !== asked)
    throw refuse('proof/target');
}

/** Path and query of what was asked for; of an absolute address only these count. */
function pathOf(url = ''): string {
  if (url.startsWith('/')) return url;
  if (!URL.canParse(url)) return '';
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/**
 * One spelling of an address: RFC 3986 §6.2.2 (case, percent-encoding, dot segments) and §6.2.3 (default port, empty path).
 *
 * @returns Undefined where it is none, or no http.
 */
function normalizeTarget(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, host, pathname, username, password } = new URL(address);
  if ((protocol !== 'https:' && protocol !== 'http:') || username !== '' || password !== '') return undefined;
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded.toUpperCase();
  });
  return `${protocol}//${host}${path}`;
}

function checkNonce({ decoded: { claims }, settings: { nonces }, nowMs }: ProofState): void {
  if (nonces === undefined || nonces.isCurrent(claims['nonce'], nowMs)) return;
  throw refuse('proof/nonce', { dpopNonce: nonces.current(nowMs) });
}

function checkAge({ decoded: { claims }, settings, nowMs }: ProofState): void {
  const age = nowMs / 1_000 - Number(claims['iat']);
  const { maxAgeSeconds, clockToleranceSeconds } = settings;
  if (age >= maxAgeSeconds + clockToleranceSeconds || age < -clockToleranceSeconds) throw refuse('proof/age');
}

function checkTokenHash({ decoded: { claims }, accessToken }: ProofState): void {
  const hash = createHash('sha256').update(accessToken).digest('base64url');
  if (claims['ath'] !== hash) throw refuse('proof/token');
}

function checkBinding({ key, jkt }: ProofState): void {
  if (thumbprint(key) !== jkt) throw refuse('proof/binding');
}
