import { ClientError } from './client-error.ts';
import { isRecord } from './problem.ts';
import { checkAnswer, type ServerAnswer } from './server-calls.ts';

/** The signed-in person, as the server tells it. docs/protocol.md §3 */
export interface Account {
  readonly id: string;
  /** Null for somebody who signs in through a provider and has given none. */
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly name: string | null;
  /** RFC 3339, UTC. */
  readonly created_at: string;
  readonly roles: readonly string[];
}

/** One sign-in of the person, on some device. */
export interface AccountSession {
  readonly id: string;
  readonly created_at: string;
  readonly last_used_at: string;
  /** Whether it is this one. */
  readonly current: boolean;
  readonly device: string | null;
  readonly user_agent: string | null;
  readonly ip: string | null;
}

/** @throws {ClientError} the server's code, or `client/unexpected-answer` */
export function parseAccount(answer: ServerAnswer): Account {
  checkAnswer(answer);
  const { body } = answer;
  if (!isRecord(body)) throw unexpected(answer);
  const { id, email, email_verified, name, created_at, roles } = body;
  if (
    typeof id !== 'string' ||
    !isTextOrNull(email) ||
    typeof email_verified !== 'boolean' ||
    !isTextOrNull(name) ||
    typeof created_at !== 'string' ||
    !Array.isArray(roles) ||
    !roles.every((role) => typeof role === 'string')
  ) {
    throw unexpected(answer);
  }
  return { id, email, email_verified, name, created_at, roles };
}

/** @throws {ClientError} the server's code, or `client/unexpected-answer` */
export function parseSessions(answer: ServerAnswer): readonly AccountSession[] {
  checkAnswer(answer);
  const { body } = answer;
  if (!isRecord(body) || !Array.isArray(body['sessions'])) throw unexpected(answer);
  return body['sessions'].map((session: unknown) => parseSession(session, answer));
}

function parseSession(session: unknown, answer: ServerAnswer): AccountSession {
  if (!isRecord(session)) throw unexpected(answer);
  const { id, created_at, last_used_at, current, device, user_agent, ip } = session;
  if (
    typeof id !== 'string' ||
    typeof created_at !== 'string' ||
    typeof last_used_at !== 'string' ||
    typeof current !== 'boolean' ||
    !isTextOrNull(device) ||
    !isTextOrNull(user_agent) ||
    !isTextOrNull(ip)
  ) {
    throw unexpected(answer);
  }
  return { id, created_at, last_used_at, current, device, user_agent, ip };
}

function isTextOrNull(value: unknown): value is string | null {
  return typeof value === 'string' || value === null;
}

function unexpected({ status }: ServerAnswer): ClientError {
  return new ClientError('client/unexpected-answer', status);
}
