import type { ColumnType, Generated } from 'kysely';
import type { AuditEventName, OneTimePurpose } from './account-store.ts';
import type { Delivery } from './grant-store.ts';
import type { RevocationCode } from './revocation-store.ts';
import type { EndReason } from './session-store.ts';
import type { SigningKeyRow } from './signing-key-store.ts';

/** Rows as they rest. Times are milliseconds since 1970; lists are JSON in text. */
export interface Tables {
  users: Omit<UserRow, 'first_signed_in_at'> & {
    first_signed_in_at: ColumnType<number | null, number | null | undefined>;
  };
  sessions: SessionRow;
  grants: GrantRow;
  signing_keys: KeyRow;
  revocations: RevocationRow;
  client_cutoffs: ClientCutoffRow;
  access_tokens: AccessTokenRow;
  meta: MetaRow;
  removed_keys: RemovedKeyRow;
  dropped_secrets: DroppedSecretRow;
  replicas: ReplicaRow;
  one_time_tokens: OneTimeTokenRow;
  outbox: OutboxRow;
  audit_events: AuditRow & { number: Generated<number> };
  refusals: RefusalRow;
  logins: LoginRow;
  spent: SpentRow;
}

export interface UserRow {
  id: string;
  email: string;
  email_verified_at: number | null;
  password_hash: string | null;
  credential_version: number;
  name: string | null;
  picture: string | null;
  locale: string | null;
  roles: string;
  created_at: number;
  disabled_at: number | null;
  sessions_cutoff: number;
  tokens_cutoff: number;
  /** Null until then. */
  first_signed_in_at: number | null;
}

export interface SessionRow {
  id: string;
  user_id: string;
  /** The time in the id: what the sessions cut-offs are compared with. */
  created_at: number;
  last_used_at: number;
  idle_expires_at: number;
  absolute_expires_at: number;
  ended_at: number | null;
  end_reason: EndReason | null;
  device: string | null;
  user_agent: string | null;
  ip: string | null;
  amr: string;
}

export interface GrantRow {
  id: string;
  session_id: string | null;
  user_id: string;
  client_id: string;
  scope: string;
  /** APIs that it is for; an empty list where it is for all. */
  resources: string;
  delivery: Delivery;
  created_at: number;
  counter: number;
  rotated_at: number;
  /** SHA-256 of the Idempotency-Key of the request that made the current counter. */
  retry_key_hash: Uint8Array | null;
  /** When the current counter was first presented; null while it never was. */
  current_presented_at: number | null;
  secret_id: string;
  ended_at: number | null;
  /** Limits of a grant without a session; one with a session ends with it. */
  idle_expires_at: number | null;
  absolute_expires_at: number | null;
}

export interface KeyRow {
  kid: string;
  alg: string;
  public_jwk: string;
  sealed_private_jwk: Uint8Array;
  secret_id: string;
  state: SigningKeyRow['state'];
  created_at: number;
  /** When it came to its state. */
  since: number;
}

/** A key that was taken out of force. */
export interface RemovedKeyRow {
  kid: string;
  removed_at: number;
}

export interface DroppedSecretRow {
  id: string;
  dropped_at: number;
}

/** A server process. */
export interface ReplicaRow {
  id: string;
  /** Secrets that it accepts, JSON. */
  secret_ids: string;
  started_at: number;
  seen_at: number;
}

export interface RevocationRow {
  /** Order of insertion. */
  seq: Generated<number>;
  /** Order of publishing; null until then. */
  number: number | null;
  code: RevocationCode;
  blind_id: Uint8Array;
  before: number;
  until: number;
}

/** An opaque access token. */
export interface AccessTokenRow {
  /** SHA-256 of the token. */
  hash: Uint8Array;
  user_id: string;
  /** JSON */
  claims: string;
  expires_at: number;
}

export interface ClientCutoffRow {
  client_id: string;
  sessions_cutoff: number;
  tokens_cutoff: number;
}

/** One row. */
export interface MetaRow {
  id: number;
  epoch: Uint8Array;
  /** Newest published revocation: kept here, so that pruning never loses it. */
  number: number;
  /** Cut-offs for everyone. */
  sessions_cutoff: number;
  tokens_cutoff: number;
  /** Longest access-token lifetime that any process was ever started with. */
  access_token_seconds: number;
  /** Secret under which new things are made; null until the first server has started. */
  secret_id: string | null;
  wanted_secret_id: string | null;
}

export interface OneTimeTokenRow {
  /** SHA-256 of the token. */
  hash: Uint8Array;
  purpose: OneTimePurpose;
  user_id: string | null;
  credential_version: number | null;
  payload: string | null;
  expires_at: number;
}

export interface OutboxRow {
  id: string;
  user_id: string | null;
  /** Address and text, sealed under the secret that `secret_id` names. */
  sealed: Uint8Array;
  secret_id: string;
  created_at: number;
  /** Nobody takes it before this. */
  due_at: number;
  attempts: number;
}

export interface AuditRow {
  at: number;
  event: AuditEventName;
  outcome: 'success' | 'failure';
  user_id: string | null;
  actor: string | null;
  session_id: string | null;
  client_id: string | null;
  ip: string | null;
  reason: string | null;
  /** How many were alike; null for one. */
  count: number | null;
  /** When the first of them was. */
  since: number | null;
}

/** Refusals alike, until they become one event of the audit log. */
export interface RefusalRow {
  /** SHA-256 of what makes them alike, 16 bytes. */
  key: Uint8Array;
  event: AuditEventName;
  user_id: string | null;
  ip: string | null;
  reason: string;
  since: number;
  count: number;
}

/** A way in through another provider. */
export interface LoginRow {
  id: string;
  user_id: string;
  provider: string;
  issuer: string;
  subject: string;
  email: string | null;
  /** The provider's tokens under the secret that `secret_id` names; null unless they are kept. */
  sealed_tokens: Uint8Array | null;
  secret_id: string | null;
  created_at: number;
  last_used_at: number;
}

/** What was good once. */
export interface SpentRow {
  hash: Uint8Array;
  expires_at: number;
}
