import type { Result } from './harness/result.ts';

export interface BenchOptions {
  /** A short run that shows that the benchmark works. */
  readonly quick: boolean;
  /** Rows of the big table of sessions. */
  readonly sessions: number;
  /** Told what is being measured at the moment. */
  readonly progress: (text: string) => void;
}

/** A benchmark: measures, proves that what it measured did its work, and hands back what it found. */
export interface Bench {
  readonly about: string;
  readonly load: () => Promise<{ readonly run: (options: BenchOptions) => Promise<Result> }>;
}

export const BENCHES: Readonly<Record<string, Bench>> = {
  jwt: { about: '@mapae/jwt against node:crypto and five token libraries', load: () => import('./jwt.ts') },
  guard: { about: 'what a guard adds to a route in four frameworks', load: () => import('./guard.ts') },
  server: { about: 'refresh, session read and sign-in against two servers', load: () => import('./server.ts') },
  'sessions-vs-tokens': {
    about: 'sessions in five stores against tokens',
    load: () => import('./sessions-vs-tokens.ts'),
  },
  attack: { about: '`mapae attack` against guards of others and every adapter', load: () => import('./attack.ts') },
  revocation: { about: 'from a sign-out to its refusal at every API', load: () => import('./revocation.ts') },
};
