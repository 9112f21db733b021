/** Another source of one file. Applied by program-build.ts. */
export interface SourceEdit {
  /** Source file, below packages/. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** One careless edit, as a build that is broken on purpose: the suite must catch it. */
export interface Breakage extends SourceEdit {
  readonly invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10';
  readonly what: string;
  /** Which processes run the broken build. */
  readonly in: 'server' | 'verifier';
  /** Only PostgreSQL can be taken away from the server, so only there is it seen. */
  readonly needs?: 'postgres';
}

export const BREAKAGES: readonly Breakage[] = [
  {
    invariant: 'I1',
    what: 'the verifier forgets to look at revocations',
    in: 'verifier',
    file: 'verifier/src/issuer.ts',
    find: 'if (list.isRevoked(verdict.revocable)) throw',
    replace: 'if (false) throw',
  },
  {
    invariant: 'I1',
    what: 'the verifier takes signatures as they come',
    in: 'verifier',
    file: 'jwt/src/verify.ts',
    find: 'if (!opened.bound.check(token, opened.dot)) throw refuseSignature(token);',
    replace: '',
  },
  {
    invariant: 'I2',
    what: 'a retry gets a successor of its own',
    in: 'server',
    file: 'server/src/stores/refresh-changes.ts',
    find: "case 'retry':\n      return grant",
    replace:
      "case 'retry':\n      return { counter: grant.counter + 1, rotated_at: now, current_presented_at: null };\n      return grant",
  },
  {
    invariant: 'I3',
    what: 'an advance is answered but not written',
    in: 'server',
    file: 'server/src/stores/grants.ts',
    find: 'writeGrant(context, step, { ...after, before: grant.counter })',
    replace: 'writeGrant(context, step, { ...grant, before: grant.counter })',
  },
  {
    invariant: 'I4',
    what: 'a lost answer counts as theft',
    in: 'server',
    file: 'server/src/stores/judge-refresh.ts',
    find: '(recent || isLostAnswer(row, presented))',
    replace: 'false',
  },
  {
    invariant: 'I5',
    what: 'a replay is refused and nothing else',
    in: 'server',
    file: 'server/src/stores/grants.ts',
    find: "await endLockedSession(context, step, session, { reason: 'replayed', instant });",
    replace: '',
  },
  {
    invariant: 'I6',
    what: 'a database that is away counts as our own fault',
    in: 'server',
    needs: 'postgres',
    file: 'server/src/app.ts',
    find: 'if (error instanceof StoreFailed) {',
    replace: 'if (false) {',
  },
  {
    invariant: 'I10',
    what: 'a refresh token is logged',
    in: 'server',
    file: 'server/src/endpoints/refresh.ts',
    find: "event: 'refresh.accepted',",
    replace: "event: 'refresh.accepted', presented: text,",
  },
];

/** Those that an experiment of its own sees: keys that rotate, clocks that jump, a database that comes back. */
export const BREAKAGES_SEEN_BY: Readonly<Record<'X5' | 'X7' | 'X9', Breakage>> = {
  X9: {
    invariant: 'I7',
    what: 'a key signs that was published a moment ago',
    in: 'server',
    file: 'server/src/keys/plan-rotation.ts',
    find: 'const known = next !== undefined && (active === undefined || now >= next.createdAt + leadMs);',
    replace: 'const known = next !== undefined;',
  },
  X7: {
    invariant: 'I8',
    what: 'the time of a session is the clock alone',
    in: 'server',
    file: 'server/src/stores/sessions.ts',
    find: 'const time = Math.max(instant.now, user.sessions_cutoff + 1, instant.sessionsCutoff + 1);',
    replace: 'const time = instant.now;',
  },
  X5: {
    invariant: 'I9',
    what: 'a publisher that failed once gives up',
    in: 'server',
    needs: 'postgres',
    file: 'server/src/revocations/publisher.ts',
    find: 'async function regularly(work: () => Promise<unknown>): Promise<void> {\n',
    replace: 'async function regularly(work: () => Promise<unknown>): Promise<void> {\n    if (failing) return;\n',
  },
};
