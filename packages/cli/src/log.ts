import type { LogEntry } from '@mapae/server';
import { type Logger, pino } from 'pino';
import type { Surroundings } from './surroundings.ts';

/**
 * One JSON line an event on standard error (pretty on a terminal): results go to standard output, words here.
 * Entries hold ids and codes; what could be a credential is cut all the same.
 */
export async function createLog(level: string, out: Pick<Surroundings['stderr'], 'fd' | 'isTTY'>): Promise<Logger> {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`]), censor: '[cut]' },
  };
  if (out.isTTY !== true) return pino(options, pino.destination({ fd: out.fd, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(options, pretty({ colorize: true, destination: out.fd, sync: true, ignore: 'pid,hostname' }));
}

const SECRET_NAMES = [
  'password',
  'token',
  'access_token',
  'refresh_token',
  'secret',
  'key',
  'authorization',
  'cookie',
  'email',
];

/** Hands an event of the server to the log. */
export function logTo(log: Logger): (entry: LogEntry) => void {
  return ({ level, event, ...details }) => log[level]({ event, ...details });
}
