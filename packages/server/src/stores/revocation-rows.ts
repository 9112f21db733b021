import { blindRevocationId } from '@mapae/verifier';
import type { Context } from './context.ts';
import type { Step } from './dialect.ts';
import type { Instant } from './instant.ts';
import type { NewRevocation, RevocationCode } from './revocation-store.ts';

/** The largest clock tolerance a verifier may have: a row outlives the last token it refuses by this. */
const TOLERANCE_MS = 300_000;

type Target = 'session' | 'token' | 'client' | 'subject' | 'everyone';

/** What each code names (docs/protocol.md §5) and, for a cut-off, of what. */
export const CODES: Readonly<Record<RevocationCode, { readonly target: Target; readonly of?: 'sessions' | 'tokens' }>> =
  {
    1: { target: 'session' },
    2: { target: 'token' },
    3: { target: 'client' },
    4: { target: 'subject', of: 'sessions' },
    5: { target: 'client', of: 'sessions' },
    6: { target: 'everyone', of: 'sessions' },
    7: { target: 'subject', of: 'tokens' },
    8: { target: 'client', of: 'tokens' },
    9: { target: 'everyone', of: 'tokens' },
  };

/** Inserts a row without a number: it is published after this step's commit, never before. */
export async function insertRevocation(
  context: Context,
  step: Step,
  instant: Instant,
  { code, value, before }: NewRevocation,
): Promise<void> {
  // a clock that was set back leaves cut-offs in the future, and tokens as young as they
  const time = Math.max(instant.now, before);
  await step
    .insertInto('revocations')
    .values({
      number: null,
      code,
      blind_id: blindRevocationId(context.issuer, CODES[code].target, value),
      before,
      until: time + instant.accessTokenSeconds * 1000 + TOLERANCE_MS,
    })
    .execute();
}
