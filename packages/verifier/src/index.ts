export type { RequestLike } from './bearer-token.ts';
export { blindRevocationId, type RevocationTarget } from './blinded-id.ts';
export type { VerifierOptions } from './options.ts';
export type { Principal } from './principal.ts';
export { REFUSALS, type RefusalCode, RequestRefused } from './refusal.ts';
export { createVerifier, type Policy, type Verifier, type VerifierStatus } from './verifier.ts';
