import assert from 'node:assert/strict';
import type { RefreshPresentation, RefreshVerdict } from '../../stores/grant-store.ts';
import type { Session, SessionStart, SessionStarted } from '../../stores/session-store.ts';
import type { Store, StoreOptions } from '../../stores/store.ts';
import type { NewUser, User } from '../../stores/user-store.ts';

export interface StoreCase {
  /** A fact about every store. */
  readonly title: string;
  run(harness: StoreHarness): Promise<void>;
}

/** One empty database for one case, and ways into it. The harness closes what it opened. */
export interface StoreHarness {
  /** Opens a store on the database; each has connections of its own. */
  open(options?: Partial<StoreOptions>): Promise<Store>;
  openFaulty(options?: Partial<StoreOptions>): Promise<FaultyStore>;
  /** Runs one statement beside the stores, for what no method makes or shows. */
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A literal of bytes in this database's SQL. */
  bytes(hex: string): string;
}

/** A store with a fault in its connection to the database. */
export interface FaultyStore {
  readonly store: Store;
  /** Lets the n-th statement from now on fail, a begin or commit included: before it is sent, or after it was done. */
  failAt(n: number, when: 'before' | 'after'): void;
  /** Statements since the last call of `failAt`. */
  count(): number;
}

/** 2026-01-01T00:00:00Z */
export const START = 1_767_225_600_000;
export const SECOND = 1_000;
export const DAY = 86_400_000;

/** A clock that moves by hand. */
export class HandClock {
  now: number = START;
  readonly read = (): number => this.now;
}

export function newUser(email = 'kim@example.test'): NewUser {
  return { email, passwordHash: '$argon2id$x', name: undefined };
}

export async function createUser(store: Store, email?: string): Promise<User> {
  const made = await store.createUser(newUser(email));
  assert.equal(made.status, 'created');
  return made.user;
}

export function sessionStart(user: User, changes: Partial<SessionStart> = {}): SessionStart {
  return {
    userId: user.id,
    credentialVersion: user.credentialVersion,
    clientId: 'first-party',
    scope: ['account'],
    delivery: 'cookie',
    secretId: 'secret',
    device: undefined,
    userAgent: undefined,
    ip: undefined,
    amr: ['pwd'],
    idleSeconds: 30 * 86_400,
    absoluteSeconds: 180 * 86_400,
    ...changes,
  };
}

export async function startSession(store: Store, user: User, changes?: Partial<SessionStart>): Promise<SessionStarted> {
  const started = await store.startSession(sessionStart(user, changes));
  assert.equal(started.status, 'started');
  return started;
}

export function presentation(
  started: SessionStarted,
  counter: number,
  changes: Partial<RefreshPresentation> = {},
): RefreshPresentation {
  return {
    grantId: started.grant.id,
    counter,
    epoch: started.epoch,
    delivery: started.grant.delivery,
    retryKeyHash: undefined,
    waitedMs: () => 0,
    windowSeconds: 30,
    idleSeconds: 30 * 86_400,
    secretId: 'secret',
    ip: undefined,
    ...changes,
  };
}

/** Narrows a verdict to one that hands a token out. */
export function passed(
  verdict: RefreshVerdict,
  status: 'advanced' | 'same' | 'retry',
): Extract<RefreshVerdict, { readonly session: unknown }> & { readonly session: Session } {
  assert.equal(verdict.status, status);
  assert.ok('session' in verdict && verdict.session !== undefined);
  return { ...verdict, session: verdict.session };
}

export function hashOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

/** Revocations in the database, published or not. */
export async function countRevocations(harness: StoreHarness, code?: number): Promise<number> {
  const where = code === undefined ? '' : ` where code = ${code}`;
  const [row] = await harness.query(`select count(*) as n from revocations${where}`);
  return Number(row?.['n']);
}
