/**
 * The outside observer. It is told each request that a client sent and the HTTP answer it got, and nothing else; from
 * that alone it says which invariants were broken. It knows no code of the product.
 */

/** What a client did, and what came back. Times are milliseconds of one monotonic clock in the test. */
export type Exchange = {
  readonly began: number;
  readonly ended: number;
  /** One sign-in: the refresh tokens of one grant form one family. */
  readonly family: string;
  /** Undefined: no answer came (the connection was cut, the server was killed). */
  readonly status: number | undefined;
} & (
  | { readonly did: 'sign-in'; readonly refreshToken: string | undefined }
  | {
      readonly did: 'refresh';
      readonly presented: string;
      readonly received: string | undefined;
      /** `honest`: the client's newest token, or one whose answer it lost. `replay`: an older one, on purpose. */
      readonly intent: 'honest' | 'replay';
    }
  | { readonly did: 'sign-out' }
  /** `good`: the family's own token while its client believes to be signed in. `bad`: forged, expired, or for another API. */
  | { readonly did: 'call'; readonly token: 'good' | 'bad' }
);

export interface Violation {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';
  readonly what: string;
}

/** The published bound with the feed up. */
const FELT_WITHIN_MS = 1_000;
/** No answer may take longer than this; a refresh gives up after ten seconds. */
const DEADLINE_MS = 12_000;

/** Judges everything that was seen. `logs` is what the processes wrote; `secrets` what may not stand in it. */
export function judge(exchanges: readonly Exchange[], logs: string, secrets: readonly string[]): readonly Violation[] {
  const ordered = exchanges.toSorted((a, b) => a.ended - b.ended);
  const families = Map.groupBy(ordered, (exchange) => exchange.family);
  return [
    ...ordered.flatMap(judgeAnswer),
    ...[...families.values()].flatMap((family) => [
      ...judgeEnd(family),
      ...judgeChain(family),
      ...judgeHonest(family),
      ...judgeReplay(family),
    ]),
    ...(secrets.some((secret) => logs.includes(secret))
      ? [{ invariant: 'I10', what: 'a secret stands in a log' } as const]
      : []),
  ];
}

/** I6: never 500, never a hang. I1: a token that is no good is refused always. */
function judgeAnswer(exchange: Exchange): Violation[] {
  const found: Violation[] = [];
  const { status, did, family } = exchange;
  if (status !== undefined && status >= 500 && status !== 503)
    found.push({ invariant: 'I6', what: `${did} of ${family}: ${status}` });
  if (exchange.ended - exchange.began > DEADLINE_MS)
    found.push({ invariant: 'I6', what: `${did} of ${family} took too long` });
  if (exchange.did === 'call' && exchange.token === 'bad' && status === 200) {
    found.push({ invariant: 'I1', what: `a bad token of ${family} was let in` });
  }
  return found;
}

/** I1: from a second after a sign-out was answered, or a replay refused, no token of the family is let in. I3: nor ever again refreshed. */
function judgeEnd(family: readonly Exchange[]): Violation[] {
  const end = family.find((one) => one.did === 'sign-out' && one.status === 204)?.ended;
  if (end === undefined) return [];
  return family.flatMap((one): Violation[] => {
    if (one.status !== 200) return [];
    if (one.did === 'call' && one.began > end + FELT_WITHIN_MS) {
      return [
        { invariant: 'I1', what: `${one.family} was let in ${Math.round(one.began - end)} ms after its sign-out` },
      ];
    }
    if (one.did === 'refresh' && one.began > end)
      return [{ invariant: 'I3', what: `${one.family} was refreshed after its sign-out` }];
    return [];
  });
}

/** I2: the refresh tokens of a family form one chain: no token has two successors, no successor two predecessors. */
function judgeChain(family: readonly Exchange[]): Violation[] {
  const successor = new Map<string, string>();
  const predecessor = new Map<string, string>();
  const found: Violation[] = [];
  for (const one of family) {
    if (one.did !== 'refresh' || one.received === undefined || one.received === one.presented) continue;
    if ((successor.get(one.presented) ?? one.received) !== one.received) {
      found.push({ invariant: 'I2', what: `${one.family}: a token has two successors` });
    }
    if ((predecessor.get(one.received) ?? one.presented) !== one.presented) {
      found.push({ invariant: 'I2', what: `${one.family}: a token has two predecessors` });
    }
    successor.set(one.presented, one.received);
    predecessor.set(one.received, one.presented);
  }
  return found;
}

/**
 * I3 and I4: until its client signs out (or replays on purpose), an honest refresh is answered 200 or, in trouble, 503.
 * It is I3 where the presented token was acknowledged and no answer for it was ever lost, I4 where one was.
 */
function judgeHonest(family: readonly Exchange[]): Violation[] {
  const over = family.find(
    (one) => one.did === 'sign-out' || (one.did === 'refresh' && one.intent === 'replay'),
  )?.began;
  const lost = new Set<string>();
  const found: Violation[] = [];
  for (const one of family) {
    if (one.did !== 'refresh' || one.intent !== 'honest' || one.ended > (over ?? Number.POSITIVE_INFINITY)) continue;
    if (one.status === undefined) lost.add(one.presented);
    else if (one.status !== 200 && one.status !== 503) {
      found.push({
        invariant: lost.has(one.presented) ? 'I4' : 'I3',
        what: `${one.family}: an honest refresh was answered ${one.status}`,
      });
    }
  }
  return found;
}

/** I5: an old token is refused, and after it every token of the family is. */
function judgeReplay(family: readonly Exchange[]): Violation[] {
  const replay = family.find(
    (one) => one.did === 'refresh' && one.intent === 'replay' && one.status !== undefined && one.status !== 503,
  );
  if (replay === undefined) return [];
  const found: Violation[] = [];
  if (replay.status === 200) found.push({ invariant: 'I5', what: `${replay.family}: a replayed token was taken` });
  for (const one of family) {
    if (one.did === 'refresh' && one.began > replay.ended && one.status === 200) {
      found.push({ invariant: 'I5', what: `${one.family}: refreshed after a replay` });
    }
    if (one.did === 'call' && one.began > replay.ended + FELT_WITHIN_MS && one.status === 200) {
      found.push({ invariant: 'I1', what: `${one.family}: let in after a replay` });
    }
  }
  return found;
}
