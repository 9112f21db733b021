import { KeyRejected, SigningRefused, TokenRejected } from '../../src/index.ts';

/** The code of a refusal; `accepted` where there was none. A foreign error comes back as its text, which no test expects. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'accepted';
  } catch (error) {
    const ours = error instanceof TokenRejected || error instanceof KeyRejected || error instanceof SigningRefused;
    return ours ? error.code : String(error);
  }
}
