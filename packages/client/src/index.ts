export type { Account, AccountSession } from './account.ts';
export { type Client, createClient } from './client.ts';
export { ClientError, type RefusedMember } from './client-error.ts';
export type { ClientLocks } from './locks.ts';
export type { ClientOptions, ClientResource } from './options.ts';
export type { SignInState } from './session.ts';
export type { ClientStorage } from './storage.ts';
