import { canPin } from '../harness/cores.ts';
import type { Chart, Table } from '../harness/result.ts';
import type { Contestant } from './contestant.ts';
import type { FeltFigures } from './felt.ts';
import type { MemoryFigures } from './memory.ts';
import { PROCESSES, type ProcessesFigures } from './processes.ts';
import type { RequestFigures } from './requests.ts';
import type { Kind } from './settings.ts';

/** Everything that was found of one of them. */
export interface RowFigures {
  readonly contestant: Contestant;
  readonly requests: RequestFigures;
  readonly processes: ProcessesFigures;
  readonly memory: MemoryFigures;
  readonly slow: FeltFigures | undefined;
}

const MANY = 100_000;
const MEBIBYTE = 1_048_576;

/** MiB with so many signed in: what an API remembers has a bound, what a store keeps has none. */
function mebibytes(row: RowFigures): { readonly api: number; readonly store: number | undefined } {
  const { apiBytes, storeBytes } = row.memory;
  const remembered = Math.min(MANY, row.contestant.remembersAtMost ?? MANY);
  return {
    api: (apiBytes * remembered) / MEBIBYTE,
    store: storeBytes === undefined ? undefined : (storeBytes * MANY) / MEBIBYTE,
  };
}

const felt = (row: RowFigures): FeltFigures => ({
  signOutMs: row.slow?.signOutMs ?? row.processes.signOutMs,
  roleMs: row.slow?.roleMs ?? row.processes.roleMs,
});

const dash = (value: number | undefined): number | string => value ?? '–';

/** Time as people read it. */
function duration(ms: number | undefined): string {
  if (ms === undefined) return 'not within 10 s';
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}

export function tables(rows: readonly RowFigures[]): Table[] {
  const known = rows.filter(({ contestant: { kind } }) => kind !== 'open');
  return [
    {
      title: 'A request of somebody who is signed in (Express 5)',
      columns: [
        '',
        'CPU of the API, µs',
        'CPU of what it asks, µs',
        'database statements',
        'requests/s',
        'p99 ms',
        'bytes on the wire',
      ],
      rows: rows.map(({ contestant, requests }) => [
        contestant.title,
        requests.cpu,
        dash(requests.besideCpu),
        requests.statements,
        requests.perSecond,
        requests.p99Ms,
        Math.round(requests.wireBytes),
      ]),
    },
    {
      title: `${MANY.toLocaleString('en-US')} people signed in`,
      columns: ['', 'MiB in each API process', 'MiB in the store'],
      rows: known.map((row) => {
        const { api, store } = mebibytes(row);
        return [row.contestant.title, api, dash(store)];
      }),
    },
    {
      title: 'Requests/s by number of API processes',
      columns: ['', ...PROCESSES.map(String)],
      rows: rows.map(({ contestant, processes }) => [
        contestant.title,
        ...PROCESSES.map((count) => dash(processes.perSecond[count])),
      ]),
    },
    {
      title: 'Until every API process feels it',
      columns: ['', 'a sign-out', 'a changed role'],
      rows: known.map((row) => {
        const { signOutMs, roleMs } = felt(row);
        return [row.contestant.title, duration(signOutMs), duration(roleMs)];
      }),
    },
  ];
}

export function charts(rows: readonly RowFigures[]): Chart[] {
  const known = rows.filter(({ contestant: { kind } }) => kind !== 'open');
  const bars = (of: readonly RowFigures[], value: (row: RowFigures) => number | undefined) =>
    of.flatMap((row) => {
      const found = value(row);
      return found === undefined ? [] : [{ label: row.contestant.title, value: found, ours: row.contestant.isOurs }];
    });
  return [
    {
      file: 'bench-sessions-vs-tokens',
      title: 'Who is calling?',
      unit: 'µs of CPU per request, the API and what it asks together (Express 5), less is better',
      groups: [
        {
          title: 'CPU per request',
          bars: bars(rows, ({ requests }) =>
            requests.besideCpu === undefined ? undefined : requests.cpu + requests.besideCpu,
          ),
        },
      ],
    },
    {
      file: 'bench-sessions-vs-tokens-memory',
      title: 'What is kept of those who are signed in',
      unit: `MiB for ${MANY.toLocaleString('en-US')} people, less is better`,
      groups: [
        { title: 'in each API process', bars: bars(known, (row) => mebibytes(row).api) },
        { title: 'in the store', bars: bars(known, (row) => mebibytes(row).store) },
      ],
    },
    {
      file: 'bench-sessions-vs-tokens-processes',
      title: 'More processes of the API',
      unit: 'requests a second, more is better',
      groups: PROCESSES.map((count) => ({
        title: count === 1 ? '1 process' : `${count} processes`,
        bars: bars(rows, ({ processes }) => processes.perSecond[count]),
      })),
    },
  ];
}

export interface NotesOptions {
  readonly people: number;
  readonly slowSeconds: number;
  readonly kinds: readonly Kind[];
}

export function notes({ people, slowSeconds, kinds }: NotesOptions): string[] {
  const isHere = (kind: Kind): boolean => kinds.includes(kind);
  return [
    'Each accepted a good credential in this run, before it was timed, and refused none, a changed one, and that of somebody who had signed out (the cookie cache: when its time was over).',
    'Each as its documentation sets it up for production: express-session with `resave: false, saveUninitialized: false`; better-auth with its limits of requests off, since they would refuse the load; oidc-provider with opaque tokens and a store on Redis; PostgreSQL, Redis and SQLite (WAL) with their own defaults; Mapae with SQLite `synchronous=FULL`, the feed and the verifier’s defaults.',
    '“What it asks” is PostgreSQL or Redis with all their processes, or the authorization server and its store. Statements are counted where the database driver takes them; for memory and files, calls of the store. A token costs its server one refresh in five minutes (see Authorization server).',
    'Where sessions win: fewer bytes with each request, and whatever changes in the store is felt by the next request. A token costs more bytes, and an end takes the moment that the feed needs.',
    `Memory: growth with ${people.toLocaleString('en-US')} people signed in, each seen by the API once, scaled to 100,000. A verifier remembers at most 10,000 tokens, so its share ends there; it can be switched off. In the store: sessions (and, where they are kept there, tokens), without the users.`,
    '1, 2 and 4 processes: connections are spread over all of them, the store or server behind them stays one, and all of it shares the cores of this machine with the load. “–”: the second process does not know who signed in at the first.',
    `A changed role is felt when each process answers with the new one; a client whose token is refused refreshes meanwhile. With express-session the program writes the role into that session, which it must find. better-auth’s cookie cache (${slowSeconds} s, as its documentation writes it) and oidc-provider’s claims (tokens live ${slowSeconds} s) were waited for, at one process: nothing of them is kept there.`,
    canPin
      ? 'First two tables: the API on core 0, the load and the authorization servers on core 1. The others: every process on every core.'
      : 'Processes were not kept to cores: there is no `taskset`, or one core only.',
    ...(isHere('postgres') ? [] : ['There is no PostgreSQL here: its sessions and better-auth are left out.']),
    ...(isHere('redis') ? [] : ['There is no `redis-server` here: its sessions and oidc-provider are left out.']),
  ];
}
