import { openTimedServer, PASSWORD, type TimedServer } from './server.ts';
import { median, rankDifference } from './statistics.ts';

/** Standard deviations by which ranks may differ; a difference that isn't there passes it once in 15,000 runs. */
const LARGEST_Z = 4;

interface Sample {
  readonly ms: number;
  /** Status, headers and body, but for what differs by chance. */
  readonly answer: string;
}

/** Whether status, size or time of an answer tell if an address has an account. @returns Whether none does. */
export async function timeEnumeration(url: string, tries: number, say: (line: string) => void): Promise<boolean> {
  await using server = await openTimedServer(url);
  const address = (i: number, known: boolean): string =>
    `${known ? 'known' : 'other'}${String(i).padStart(4, '0')}@example.test`;
  for (let i = 0; i < tries; i += 1) await server.post('/v1/sign-up', { email: address(i, true), password: PASSWORD });

  const operations: readonly (readonly [what: string, path: string, body: (i: number, known: boolean) => object])[] = [
    [
      'sign-in, wrong password',
      '/v1/sign-in',
      // another password each time: one at many accounts would meet its limit
      (i, known) => ({ email: address(i, known), password: `wrong ${i} ${known ? 'a' : 'b'}`, delivery: 'bearer' }),
    ],
    ['forgotten password', '/v1/password/forgot', (i, known) => ({ email: address(i, known) })],
    [
      'sign-up',
      '/v1/sign-up',
      (i, known) => ({
        email: known ? address(i, true) : `fresh${String(i).padStart(4, '0')}@example.test`,
        password: PASSWORD,
      }),
    ],
  ];
  let fine = true;
  for (const [what, path, body] of operations) {
    const known: Sample[] = [];
    const unknown: Sample[] = [];
    // in turn, so that whatever else the machine does meets both
    for (let i = 0; i < tries; i += 1) {
      for (const isKnown of i % 2 === 0 ? [true, false] : [false, true])
        (isKnown ? known : unknown).push(await measure(server, path, body(i, isKnown)));
    }
    const [a, b] = [known.map(({ ms }) => ms), unknown.map(({ ms }) => ms)];
    const z = rankDifference(a, b);
    const answers = new Set([...known, ...unknown].map(({ answer }) => answer)).size;
    say(
      `${what}: known ${median(a).toFixed(2)} ms, unknown ${median(b).toFixed(2)} ms, ${tries} tries each, z = ${z.toFixed(1)} (at most ${LARGEST_Z}), answers that differ: ${answers - 1}`,
    );
    fine &&= Math.abs(z) <= LARGEST_Z && answers === 1;
  }
  return fine;
}

async function measure(server: TimedServer, path: string, json: object): Promise<Sample> {
  const began = performance.now();
  const answer = await server.post(path, json);
  const text = await answer.text();
  const ms = performance.now() - began;
  // the address itself is repeated by sign-up; all of them are of one length
  const body = text.replace(/[a-z]{5}\d{4}@/, '@');
  return { ms, answer: JSON.stringify([answer.status, [...answer.headers], body]) };
}
