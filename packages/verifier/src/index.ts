export { blindRevocationId, type RevocationTarget } from './blinded-id.ts';
export type { DpopOptions } from './dpop-options.ts';
export type { InProcessIssuer } from './in-process.ts';
export type { IntrospectionCredentials } from './introspection.ts';
export type { IssuerStatus } from './issuer.ts';
export type { IssuerOptions } from './issuer-options.ts';
export type { CounterName, HistogramName, MetricLabels, VerifierMetrics } from './metrics.ts';
export type { VerifierOptions } from './options.ts';
export type { Policy, StalePolicy } from './policy.ts';
export type { Principal } from './principal.ts';
export type { ProofReplays } from './proof-replays.ts';
export {
  describeProtectedResource,
  type ProtectedResource,
  type ProtectedResourceMetadata,
} from './protected-resource.ts';
export { REFUSALS, type RefusalCode, RequestRefused } from './refusal.ts';
export type { HeadersLike, RequestLike } from './request.ts';
export type { OpenedToken, TokenOpener } from './token-opener.ts';
export { createVerifier, type Verifier, type VerifierStatus } from './verifier.ts';
