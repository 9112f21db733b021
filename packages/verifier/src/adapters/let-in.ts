import type { Principal } from '../principal.ts';
import { createPrivateMark, type PrivateMark } from '../private-mark.ts';
import type { Verifier } from '../verifier.ts';

/** Who was let in with a request, and by which verifier. */
export interface LetIn {
  readonly principal: Principal<unknown>;
  readonly by: Verifier<unknown>;
}

/** On what a framework hands to handlers. */
export const letIn: PrivateMark<LetIn> = createPrivateMark<LetIn>();
