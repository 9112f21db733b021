import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { Problem } from '../problem.ts';

/** Judges passwords that people choose; never those that they present. */
export interface PasswordPolicy {
  /**
   * @param about What a guesser knows: the person's address, name.
   * @throws {Problem} `account/password-known`, `account/password-weak`
   * @see ASVS 6.2.4, 6.2.5, 6.2.12
   */
  check(password: string, about: readonly (string | undefined)[]): Promise<void>;
}

/** Less than a million guesses: a thief of the hashes has it within hours, a guesser at the door within months. */
const LEAST_SCORE = 2;
/**
 * The estimator's work grows faster than the text, and holds up the process: the worst 32 characters take about 10 ms, 64 ten times as long. What
 * comes after only makes a password stronger.
 */
const JUDGED_CHARACTERS = 32;

interface Judges {
  readonly known: ReadonlySet<string>;
  readonly estimator: ZxcvbnFactory;
}

/** The same for every server in the process: megabytes, and a tenth of a second to sort. */
let judges: Promise<Judges> | undefined;

/** The list (49,000 passwords of published breaches) and the estimator are loaded when they are first needed. */
export function createPasswordPolicy(): PasswordPolicy {
  return {
    async check(password, about) {
      judges ??= loadJudges();
      const { known, estimator } = await judges;
      // people change the case of the first letter and put a digit behind: the estimator sees to that
      if (known.has(password.toLowerCase())) throw new Problem('account/password-known');
      const judged = password.slice(0, JUDGED_CHARACTERS);
      const { score, sequence } = estimator.check(judged, about.flatMap(wordsOf));
      if (score >= LEAST_SCORE) return;
      const reasons = [...new Set(sequence.map(({ pattern }) => pattern).filter((one) => one !== 'bruteforce'))];
      throw new Problem('account/password-weak', { members: { reasons } });
    },
  };
}

async function loadJudges(): Promise<Judges> {
  const [{ ZxcvbnFactory: Factory }, { adjacencyGraphs, dictionary }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  return {
    known: new Set(dictionary['passwords-common']),
    estimator: new Factory({ dictionary, graphs: adjacencyGraphs }),
  };
}

/** To a guesser `kim.lee@example.test` is itself, its two sides and its four words. */
function wordsOf(text: string | undefined): string[] {
  if (text === undefined) return [];
  return [text, ...text.split('@'), ...text.split(/[^\p{L}\p{N}]+/u)]
    .map((word) => word.toLowerCase())
    .filter((word) => word.length > 2);
}
