export { blindRevocationId, type RevocationTarget } from './blinded-id.ts';
export type { VerifierOptions } from './options.ts';
export type { Policy, StalePolicy } from './policy.ts';
export type { Principal } from './principal.ts';
export { REFUSALS, type RefusalCode, RequestRefused } from './refusal.ts';
export type { HeadersLike, RequestLike } from './request.ts';
export { createVerifier, type Verifier, type VerifierStatus } from './verifier.ts';
