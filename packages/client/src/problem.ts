import { ClientError, type RefusedMember } from './client-error.ts';

const CODE = /^[a-z][a-z0-9_/-]{0,63}$/;
/** Long runs without a space may be a token that something on the way has echoed. */
const TOKEN_LIKE = /[\w.~+/=-]{32,}/g;
const LONGEST_TEXT = 300;

/** An answer that isn't 2xx, as an error. RFC 9457 */
export function parseProblem(status: number, headers: Headers, body: unknown): ClientError {
  const retryAfterSeconds = parseRetryAfter(headers.get('retry-after'));
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const type = headers.get('content-type') ?? '';
  if (!/^application\/problem\+json\s*(;|$)/i.test(type) || !isRecord(body) || typeof body['code'] !== 'string') {
    return new ClientError('client/unexpected-answer', status, { message: `the answer was ${status}`, ...retry });
  }
  const { code, title, detail, errors } = body;
  if (typeof code !== 'string' || !CODE.test(code)) return new ClientError('client/unexpected-answer', status, retry);
  const message = [title, detail].filter((text) => typeof text === 'string').join(' ');
  return new ClientError(code, status, {
    ...retry,
    ...(message === '' ? {} : { message: clean(message) }),
    ...(Array.isArray(errors) ? { errors: errors.flatMap(parseRefusedMember) } : {}),
  });
}

function parseRefusedMember(member: unknown): RefusedMember[] {
  if (!isRecord(member) || typeof member['path'] !== 'string' || typeof member['message'] !== 'string') return [];
  return [{ path: clean(member['path']), message: clean(member['message']) }];
}

/** Seconds only: a date would need a clock that agrees with the server's. RFC 9110 §10.2.3 */
function parseRetryAfter(value: string | null): number | undefined {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}

function clean(text: string): string {
  return text.replace(TOKEN_LIKE, '[…]').slice(0, LONGEST_TEXT);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
