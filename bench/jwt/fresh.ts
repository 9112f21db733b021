import { freshStrings } from '../harness/fresh-strings.ts';
import { type Contestant, inFlight, type Measured, measureRounds, type Pace } from '../harness/rounds.ts';
import { type Library, MISSING_CACHE, type Setup, WITHOUT_CACHE } from './libraries.ts';
import { ALGORITHMS, type BenchAlgorithm, type Claims, makeClaims, makeMaterial, makeTokens } from './material.ts';
import { prove } from './proof.ts';
import { rawContestants } from './raw.ts';

export type ByAlgorithm = ReadonlyMap<BenchAlgorithm, readonly Measured[]>;

/** Tokens in the pool; four times what a cache may hold here, so that a cache misses each time. */
const POOL = 1_024;
const CACHE_ENTRIES = POOL / 4;

/** Judges tokens that were never seen, or makes them, by every algorithm. */
export async function measureFresh(
  work: 'verify' | 'sign',
  pace: Pace,
  leftOut: readonly string[],
  progress: (text: string) => void,
): Promise<ByAlgorithm> {
  const setups = (work === 'verify' ? [...WITHOUT_CACHE, ...MISSING_CACHE] : WITHOUT_CACHE).filter(
    ({ name }) => !leftOut.includes(name),
  );
  const found = new Map<BenchAlgorithm, readonly Measured[]>();
  for (const alg of ALGORITHMS) {
    progress(`${work} ${alg}`);
    const material = makeMaterial(alg);
    const tokens = freshStrings(work === 'verify' ? makeTokens(material, POOL) : ['']);
    const contestants = rawContestants(material, 64, work);
    for (const setup of setups) {
      if (!setup.algorithms.includes(alg)) continue;
      const library = await createProved(setup, material);
      const { verify, sign } = library ?? {};
      let cursor = 0;
      if (work === 'verify' && verify !== undefined)
        contestants.push(contestant(setup, () => verify(tokens.at(cursor++))));
      if (work === 'sign' && sign !== undefined) contestants.push(contestant(setup, () => sign(claimsAt(cursor++))));
    }
    found.set(alg, await measureRounds(contestants, pace));
  }
  return found;
}

/** Undefined where this build of ours doesn't have the algorithm. */
async function createProved(setup: Setup, material: ReturnType<typeof makeMaterial>): Promise<Library | undefined> {
  let library: Library;
  try {
    library = await setup.create(material, CACHE_ENTRIES);
  } catch (error) {
    if (error instanceof Error && error.name === 'KeyRejected') return undefined;
    throw error;
  }
  await prove(setup, library, material);
  return library;
}

const CLAIMS: readonly Claims[] = Array.from({ length: 64 }, (_, index) => makeClaims(index));

function claimsAt(index: number): Claims {
  const claims = CLAIMS[index % CLAIMS.length];
  if (claims === undefined) throw new RangeError('no claims');
  return claims;
}

/** One operation, again and again: one after the other, or so many under way at once. */
export function contestant(
  { name, inFlight: atOnce }: Pick<Setup, 'name' | 'inFlight'>,
  operation: () => unknown,
): Contestant {
  const isAsync = operation() instanceof Promise;
  if (!isAsync) {
    return {
      name,
      run(count) {
        for (let done = 0; done < count; done++) operation();
      },
    };
  }
  return { name, run: (count) => inFlight(count, atOnce, async () => operation()) };
}
