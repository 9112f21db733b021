import { attackEndpoint, type Finding, GROUPS, type Verdict } from '../packages/cli/src/attack/campaign.ts';
import { CONTENDERS, type Contender } from './attack/contenders.ts';
import type { BenchOptions } from './benches.ts';
import { installPeers, peerVersions } from './harness/peers.ts';
import { type Result, type Table, thisMachine } from './harness/result.ts';
import { type Material, makeClaims, makeMaterial, makeToken, signRaw } from './jwt/material.ts';

const PEERS = ['express', 'express-jwt', 'jose', 'fastify', '@fastify/jwt', 'hono', 'better-auth'];
const PER_SECOND = 1_000;
const GRADES: readonly Finding['gravity'][] = ['forged', 'misplaced', 'lax'];

interface Judged {
  readonly contender: Contender;
  readonly verdict: Verdict;
}

/** `mapae attack` against guards of others, and against every adapter of ours. */
export async function run({ quick, progress }: BenchOptions): Promise<Result> {
  installPeers();
  const materials = { HS256: makeMaterial('HS256'), ES256: makeMaterial('ES256'), EdDSA: makeMaterial('EdDSA') };
  const judged: Judged[] = [];
  for (const contender of CONTENDERS) {
    progress(contender.name);
    const endpoint = await contender.start(materials);
    try {
      judged.push({ contender, verdict: await attack(endpoint.url, materials[contender.alg], quick) });
    } finally {
      await endpoint.stop();
    }
  }
  const letIn = judged.filter(({ contender }) => contender.name.startsWith('Mapae')).map(({ verdict }) => verdict);
  return {
    bench: 'attack',
    title: 'Bad tokens against guards',
    command: 'npm run bench -- attack',
    at: new Date().toISOString(),
    quick,
    machine: thisMachine(),
    peers: peerVersions(PEERS),
    tables: [countTable(judged), classTable(judged)],
    reach: [
      {
        what: 'let in by any Mapae adapter',
        unit: 'attacks',
        better: 'less',
        floor: 0,
        got: letIn.reduce((sum, verdict) => sum + verdict.letIn.length, 0),
      },
    ],
    charts: [],
    notes: [
      'What is sent, and what the three grades mean: [guides/attack.md](guides/attack.md). The issuer’s key signs what only an issuer can: times, types, audiences.',
      'Each guard is set up as its documentation shows it, with issuer and audience, and with the type of the token where it can ask for one; each let a good token in before and after.',
      'What Mapae refuses of its own choice, where the RFCs let a reader take it (fractions of seconds, deep nesting, long tokens), is not tried.',
      'HS256 has no public key: what would use one is not tried there, nor what is about the two numbers of an ECDSA signature.',
      ...(quick ? ['A quick run: only groups T and K.'] : []),
    ],
  };
}

async function attack(url: URL, material: Material, quick: boolean): Promise<Verdict> {
  const { publicKey, publicJwk } = material;
  const isPublic = publicKey.type === 'public';
  return attackEndpoint({
    url,
    material: {
      token: makeToken(material, makeClaims(0)),
      publicKey: isPublic
        ? { jwk: publicJwk, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
        : undefined,
      sign: (input) => signRaw(material, Buffer.from(input)).toString('base64url'),
    },
    only: quick ? ['T', 'K'] : GROUPS,
    perSecond: PER_SECOND,
  });
}

function countTable(judged: readonly Judged[]): Table {
  return {
    title: 'Let in',
    columns: ['guard', 'tried', ...GRADES, 'broken (5xx)'],
    rows: judged.map(({ contender, verdict: { tried, letIn, broken } }) => {
      const counts = GRADES.map((grade) => String(letIn.filter(({ gravity }) => gravity === grade).length));
      const sum = GROUPS.reduce((total, group) => total + tried[group], 0);
      return [contender.name, String(sum), ...counts, String(broken.length)];
    }),
  };
}

/** What was let in, a row for each class, and by whom. */
function classTable(judged: readonly Judged[]): Table {
  const byClass = new Map<string, { readonly finding: Finding; readonly by: Map<string, number> }>();
  for (const { contender, verdict } of judged)
    for (const finding of verdict.letIn) {
      const entry = byClass.get(finding.id) ?? { finding, by: new Map<string, number>() };
      entry.by.set(contender.name, (entry.by.get(contender.name) ?? 0) + 1);
      byClass.set(finding.id, entry);
    }
  return {
    title: 'By class',
    columns: ['class', 'grade', 'why it matters', 'let in by (how many)'],
    rows: [...byClass]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([id, { finding, by }]) => [
        id,
        finding.gravity,
        finding.why,
        [...by].map(([name, times]) => `${name} (${times})`).join('; '),
      ]),
  };
}
