import { seededRandom } from '../../tests/support/seeded-random.ts';
import { freshStrings } from '../harness/fresh-strings.ts';
import { type Measured, measureRounds, type Pace } from '../harness/rounds.ts';
import { uniform, zipf } from '../harness/statistics.ts';
import { contestant } from './fresh.ts';
import { type Library, type Setup, WITH_CACHE } from './libraries.ts';
import { makeMaterial, makeTokens } from './material.ts';
import { prove } from './proof.ts';

export const STRING_ALONE = 'making the string alone';
const SEQUENCE = 65_536;
const SEED = 20_261_124;

/** Judges tokens that were seen before: one again and again, and many people's, all as popular or by Zipf's law. */
export interface Remembered {
  readonly live: number;
  readonly same: readonly Measured[];
  readonly uniform: readonly Measured[];
  readonly zipf: readonly Measured[];
}

export async function measureRemembered(pace: Pace, live: number): Promise<Remembered> {
  const material = makeMaterial('ES256');
  const tokens = makeTokens(material, live);
  const strings = freshStrings(tokens);
  const libraries: { readonly setup: Setup; readonly library: Library }[] = [];
  for (const setup of WITH_CACHE) {
    const library = await setup.create(material, live * 2);
    await prove(setup, library, material);
    for (const token of tokens) library.verify?.(token);
    libraries.push({ setup, library });
  }
  const measure = (order: Uint32Array): Promise<Measured[]> => {
    const next = walker(order);
    return measureRounds(
      [
        contestant({ name: STRING_ALONE, inFlight: 1 }, () => strings.at(next())),
        ...libraries.map(({ setup, library: { verify } }) => {
          if (verify === undefined) throw new Error(`${setup.name} verifies nothing`);
          const nextOfIts = walker(order);
          return contestant(setup, () => verify(strings.at(nextOfIts())));
        }),
      ],
      pace,
    );
  };
  const { next: random } = seededRandom(SEED);
  return {
    live,
    same: await measure(new Uint32Array(SEQUENCE)),
    uniform: await measure(uniform(live, SEQUENCE, random)),
    zipf: await measure(zipf(live, SEQUENCE, random)),
  };
}

function walker(order: Uint32Array): () => number {
  let place = 0;
  return () => order[place++ & (SEQUENCE - 1)] ?? 0;
}
