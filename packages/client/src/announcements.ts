import { isRecord } from './problem.ts';

/** What one tab tells the others. It names no person and holds no token. */
export type Announcement = 'signed-in' | 'signed-out';

export interface Announcements {
  announce(event: Announcement): void;
  close(): void;
}

const SILENT: Announcements = { announce: () => {}, close: () => {} };

/** A channel among the tabs of an origin, where there is such a thing. */
export function openAnnouncements(name: string, heard: (event: Announcement) => void): Announcements {
  if (typeof BroadcastChannel !== 'function') return SILENT;
  const channel = new BroadcastChannel(name);
  // Node: waiting for announcements keeps no process alive
  (channel as BroadcastChannel & { unref?: () => void }).unref?.();
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const event = parseAnnouncement(data);
    if (event !== undefined) heard(event);
  };
  return {
    announce: (event) => channel.postMessage({ mapae: 1, event }),
    close: () => channel.close(),
  };
}

/** @returns Nothing where it isn't exactly what {@link Announcements.announce} sends: any script of the origin can post here. */
function parseAnnouncement(data: unknown): Announcement | undefined {
  if (!isRecord(data) || Object.keys(data).length !== 2 || data['mapae'] !== 1) return undefined;
  const { event } = data;
  return event === 'signed-in' || event === 'signed-out' ? event : undefined;
}
