import type { GuardSettings } from '../guard/settings.ts';

export const KINDS = ['open', 'memory', 'file', 'sqlite', 'postgres', 'redis', 'token'] as const;
/** Where it is remembered who is signed in; with `token`, nowhere. */
export type Kind = (typeof KINDS)[number];

export interface SessionsSettings {
  readonly kind: Kind;
  /** Folder, file or address of the store. */
  readonly place: string;
  /** People signed in when memory is measured. */
  readonly users: number;
  readonly mapae: GuardSettings['mapae'];
}

/** What a process says of itself. */
export interface SessionsReady {
  readonly port: number;
  /** Value of the cookie of somebody who is signed in. */
  readonly cookie: string;
}
