import { plainBytes } from './bytes.ts';
import type { Grant } from './grant-store.ts';
import type { Session } from './session-store.ts';
import type { SigningKeyRow } from './signing-key-store.ts';
import type { GrantRow, KeyRow, SessionRow, UserRow } from './tables.ts';
import type { User } from './user-store.ts';

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    emailVerifiedAt: row.email_verified_at ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    credentialVersion: row.credential_version,
    name: row.name ?? undefined,
    picture: row.picture ?? undefined,
    locale: row.locale ?? undefined,
    roles: parseList(row.roles),
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
    sessionsCutoff: row.sessions_cutoff,
    tokensCutoff: row.tokens_cutoff,
    firstSignedInAt: row.first_signed_in_at ?? undefined,
  };
}

export function toSession(row: SessionRow): Session {
  return {
    id: row.id,
    userId: row.user_id,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    idleExpiresAt: row.idle_expires_at,
    absoluteExpiresAt: row.absolute_expires_at,
    endedAt: row.ended_at ?? undefined,
    endReason: row.end_reason ?? undefined,
    device: row.device ?? undefined,
    userAgent: row.user_agent ?? undefined,
    ip: row.ip ?? undefined,
    amr: parseList(row.amr),
  };
}

export function toGrant(row: GrantRow): Grant {
  return {
    id: row.id,
    sessionId: row.session_id ?? undefined,
    userId: row.user_id,
    clientId: row.client_id,
    scope: parseList(row.scope),
    resources: parseList(row.resources),
    delivery: row.delivery,
    counter: row.counter,
    rotatedAt: row.rotated_at,
    secretId: row.secret_id,
    endedAt: row.ended_at ?? undefined,
    idleExpiresAt: row.idle_expires_at ?? undefined,
    absoluteExpiresAt: row.absolute_expires_at ?? undefined,
  };
}

export function toSigningKey(row: KeyRow): SigningKeyRow {
  return {
    kid: row.kid,
    alg: row.alg,
    publicJwk: row.public_jwk,
    sealedPrivateJwk: plainBytes(row.sealed_private_jwk),
    secretId: row.secret_id,
    state: row.state,
    createdAt: row.created_at,
    since: row.since,
  };
}

function parseList(json: string): readonly string[] {
  const list: unknown = JSON.parse(json);
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new Error('unreachable: a list in the database is none');
}
