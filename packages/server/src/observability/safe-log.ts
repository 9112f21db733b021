import type { LogEntry } from '../options.ts';
import type { ServerFigures } from './server-figures.ts';

/** The log as the server writes to it: counted, and where it fails, requests go on without it. */
export function safeLog(
  log: (entry: LogEntry) => unknown,
  figures: ServerFigures | undefined,
): (entry: LogEntry) => void {
  const lose = (): void => figures?.countLostEntry();
  return (entry) => {
    figures?.countEvent(entry);
    try {
      const written = log(cap(entry));
      // one that writes later must not end the process when it can't
      if (written instanceof Promise) written.catch(lose);
    } catch {
      lose();
    }
  };
}

const LONGEST = 500;

/** A text that came from elsewhere (of a database, of an error) may be of any length. */
function cap(entry: LogEntry): LogEntry {
  const isLong = (value: unknown): value is string => typeof value === 'string' && value.length > LONGEST;
  if (!Object.values(entry).some(isLong)) return entry;
  const capped = Object.entries(entry).map(([name, value]) => [name, isLong(value) ? value.slice(0, LONGEST) : value]);
  return { ...entry, ...(Object.fromEntries(capped) as Record<string, unknown>) };
}
