import type { ApiSettings, Kind } from './settings.ts';

/** What is sent with each request, by name. */
export type Headers = Readonly<Record<string, string>>;

/** Somebody who is signed in, and what can be done to that. */
export interface Person {
  headers(): Headers;
  signOut(): Promise<void>;
  /** Gives this person another role, as the program or its administrator does it. */
  promote(role: string): Promise<void>;
  /** What a client does where its credential is refused and its session isn't over: gets another one. */
  renew?(): Promise<void>;
}

/** One way of knowing who is calling. */
export interface Contestant {
  readonly kind: Kind;
  readonly title: string;
  /** What each process of the API is started with. */
  readonly api: ApiSettings;
  readonly isOurs: boolean;
  /** Signs somebody new in, by a process of the API where that is whom one signs in with. */
  signIn(port: number): Promise<Person>;
  /** So many different credentials of people who are signed in. */
  credentials(port: number, count: number): Promise<readonly Headers[]>;
  /** So many more people who are signed in; gives what they send, where the API is to see each of them once. */
  fill(port: number, people: number): Promise<readonly Headers[]>;
  /** What the store keeps, bytes; undefined where there is none outside of the API. */
  storeBytes?(): Promise<number>;
  /** CPU time of everything that is asked beside the API so far, µs; undefined where it can't be read. */
  besideMicroseconds(): Promise<number | undefined>;
  /** Database statements beside those that the API counts. */
  besideStatements(): Promise<number>;
  /** How many of those who are signed in an API process remembers at most. Default: every one. */
  readonly remembersAtMost?: number;
  /** By its own settings a change can take so long: followed while the rest is measured. Seconds. */
  readonly slow?: { readonly signOut?: number; readonly role?: number };
}
