import { TokenRejected } from '@mapae/jwt';
import type { ChallengeContext } from './challenge.ts';
import type { VerifierSettings } from './options.ts';
import { RequestRefused, refuse } from './refusal.ts';
import type { Reports } from './report.ts';

/** The one place where what was thrown becomes what the outside is told, and is counted. What is no refusal comes back as it is. */
export function createEdge(settings: VerifierSettings<unknown>, reports: Reports): (error: unknown) => unknown {
  const { metrics, dpop, resourceMetadata } = settings;
  const challenges: ChallengeContext = {
    resourceMetadata,
    dpopAlgorithms: dpop?.algorithms,
    bearer: dpop?.required !== true,
  };
  return (error) => {
    const refusal = error instanceof TokenRejected ? refuse(error.code) : error;
    if (!(refusal instanceof RequestRefused)) return error;
    reports.refused(refusal.code);
    metrics.count('mapae_verifier_checks', { outcome: refusal.code });
    return refusal.in(challenges);
  };
}
