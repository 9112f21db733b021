import type { Chart, Reach } from '../harness/result.ts';
import type { Measured } from '../harness/rounds.ts';
import { pairedRatio } from '../harness/statistics.ts';
import type { ByAlgorithm } from './fresh.ts';
import { OURS, OURS_ASYNC } from './libraries.ts';
import type { BenchAlgorithm } from './material.ts';
import { RAW, RAW_HMAC, RAW_POOL } from './raw.ts';
import { type Remembered, STRING_ALONE } from './remembered.ts';
import { rate } from './tables.ts';

interface Everything {
  readonly verify: ByAlgorithm;
  readonly sign: ByAlgorithm;
  readonly remembered: Remembered;
  readonly decoded: readonly Measured[];
}

/** How many times faster the first is than the second, measured in the same rounds. */
function faster(measured: readonly Measured[] | undefined, ours: string, theirs: string): number | undefined {
  const find = (name: string) => measured?.find((one) => one.name === name)?.nanoseconds;
  const [mine, other] = [find(ours), find(theirs)];
  return mine === undefined || other === undefined ? undefined : pairedRatio(other, mine);
}

export function jwtReach({ verify, sign, remembered, decoded }: Everything): Reach[] {
  const goals: Reach[] = [];
  const add = (what: string, floor: number, aim: number | undefined, got: number | undefined): void => {
    const note = got === undefined ? 'this build has no such operation' : undefined;
    goals.push({ what, unit: '×', better: 'more', floor, aim, got, note });
  };
  const against = (
    work: 'verify' | 'sign',
    alg: BenchAlgorithm,
    [theirs, name]: readonly [string, string],
    floor: number,
    aim?: number,
    ours = OURS,
  ): void =>
    add(
      `${work}${work === 'verify' ? ', never seen' : ''}${ours === OURS ? '' : ', 32 in flight'}: ${alg} against ${name}`,
      floor,
      aim,
      faster((work === 'verify' ? verify : sign).get(alg), ours, theirs),
    );
  const raw = [RAW, 'the raw primitive'] as const;
  const pool = [RAW_POOL, 'the raw thread pool'] as const;
  const fastJwt = ['fast-jwt', 'fast-jwt'] as const;
  const jose32 = ['jose, 32 in flight', 'jose'] as const;
  for (const alg of ['ES256', 'EdDSA', 'ML-DSA-44'] as const) against('verify', alg, raw, 0.93, 0.97);
  for (const alg of ['RS256', 'PS256'] as const) against('verify', alg, raw, 0.9, 0.95);
  against('verify', 'HS256', [RAW_HMAC, '`createHmac`'], 0.85, 1);
  against('verify', 'HS256', fastJwt, 2.5, 3);
  for (const alg of ['RS256', 'PS256'] as const) against('verify', alg, fastJwt, 1.15, 1.2);
  against('verify', 'ES256', fastJwt, 1.05, 1.08);
  against('sign', 'ES256', raw, 0.92, 0.97);
  against('sign', 'HS256', fastJwt, 2.3, 2.8);
  for (const work of ['verify', 'sign'] as const)
    for (const alg of ['RS256', 'ES256'] as const) {
      against(work, alg, pool, 0.95, undefined, OURS_ASYNC);
      against(work, alg, jose32, 1, undefined, OURS_ASYNC);
    }
  const cached = (
    what: string,
    list: readonly Measured[],
    byDefault: [number, number],
    byIdentity: [number, number],
  ) => {
    add(`${what} against fast-jwt's cache`, ...byDefault, faster(list, OURS, 'fast-jwt, cache'));
    add(`${what} against its identity key`, ...byIdentity, faster(list, OURS, 'fast-jwt, cache with identity key'));
  };
  cached('same token again', remembered.same, [14, 20], [1.5, 2]);
  cached(`${remembered.live.toLocaleString('en-US')} live tokens by zipf`, remembered.zipf, [8, 12], [1.8, 2.5]);
  add('decode against fast-jwt', 2.3, 3, faster(decoded, OURS, 'fast-jwt'));
  add('decode against jose', 2, undefined, faster(decoded, OURS, 'jose'));
  return goals;
}

export function jwtCharts({ verify, remembered }: Everything): Chart[] {
  const bars = (list: readonly Measured[] | undefined) =>
    (list ?? [])
      .filter(({ name }) => name !== STRING_ALONE && !name.includes('cache on'))
      .map(({ name }) => ({ label: name, value: rate(list, name) ?? 0, ours: name.startsWith(OURS) }))
      .toSorted((a, b) => b.value - a.value);
  return [
    {
      file: 'bench-jwt',
      title: 'Checking a token',
      unit: 'operations per second, more is better',
      groups: [
        { title: 'HS256, never seen', bars: bars(verify.get('HS256')) },
        { title: 'RS256, never seen', bars: bars(verify.get('RS256')) },
        { title: 'ES256, never seen', bars: bars(verify.get('ES256')) },
        { title: 'ES256, the same token again', bars: bars(remembered.same) },
        { title: `ES256, ${remembered.live.toLocaleString('en-US')} live tokens by zipf`, bars: bars(remembered.zipf) },
      ],
    },
  ];
}
