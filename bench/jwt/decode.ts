import { freshStrings } from '../harness/fresh-strings.ts';
import { type Measured, measureRounds, type Pace } from '../harness/rounds.ts';
import { contestant } from './fresh.ts';
import { WITHOUT_CACHE } from './libraries.ts';
import { makeMaterial, makeTokens } from './material.ts';

/** Reads header and claims and checks nothing. */
export async function measureDecode(pace: Pace): Promise<Measured[]> {
  const material = makeMaterial('ES256');
  const strings = freshStrings(makeTokens(material, 256));
  const contestants = [];
  for (const setup of WITHOUT_CACHE) {
    if (setup.inFlight !== 1) continue;
    const { decode } = await setup.create(material, 0).catch(() => ({ decode: undefined }));
    if (decode === undefined) continue;
    let cursor = 0;
    contestants.push(contestant(setup, () => decode(strings.at(cursor++))));
  }
  return measureRounds(contestants, pace);
}
