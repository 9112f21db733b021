import { ClientError } from './client-error.ts';
import { isRecord } from './problem.ts';
import { checkAnswer, type ServerAnswer } from './server-calls.ts';

/** What a sign-in or a refresh hands out. docs/protocol.md §3 */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly lifeMs: number;
  /** With bearer delivery. */
  readonly refreshToken: string | undefined;
  /** The refresh token is another one than before: a sign-in, or a refresh that moved on. */
  readonly rotated: boolean;
  /** With bearer delivery, after a sign-in: to be shown at the next one. */
  readonly deviceToken?: string | undefined;
}

const TOKEN = /^[\x21-\x7e]+$/;

/** @throws {ClientError} the server's code, or `client/unexpected-answer` */
export function parseTokenAnswer(answer: ServerAnswer, delivery: 'cookie' | 'bearer'): TokenAnswer {
  checkAnswer(answer);
  const { body } = answer;
  if (!isRecord(body)) throw unexpected(answer);
  const { access_token, token_type, expires_in, refresh_token, device_token } = body;
  if (typeof access_token !== 'string' || !TOKEN.test(access_token)) throw unexpected(answer);
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer') throw unexpected(answer);
  if (typeof expires_in !== 'number' || !(expires_in > 0)) throw unexpected(answer);
  const tokens = { accessToken: access_token, lifeMs: expires_in * 1_000, rotated: body['rotated'] !== false };
  if (delivery === 'cookie') return { ...tokens, refreshToken: undefined };
  if (typeof refresh_token !== 'string' || !TOKEN.test(refresh_token)) throw unexpected(answer);
  const deviceToken = typeof device_token === 'string' ? device_token : undefined;
  return { ...tokens, refreshToken: refresh_token, deviceToken };
}

function unexpected({ status }: ServerAnswer): ClientError {
  return new ClientError('client/unexpected-answer', status, { message: 'the answer is no token answer' });
}
