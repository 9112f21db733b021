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
      const written = log(entry);
      // one that writes later must not end the process when it can't
      if (written instanceof Promise) written.catch(lose);
    } catch {
      lose();
    }
  };
}
