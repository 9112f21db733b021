import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LogEntry } from '../options.ts';
import { createFigures, type Figures } from './figures.ts';

/** What is counted of a server. docs/guides/metrics.md */
export interface ServerFigures {
  /** A request begins. @returns What is called when its answer leaves. */
  begin(operation: string): (status: number, code: string) => void;
  countEvent(entry: LogEntry): void;
  countLostEntry(): void;
  /** Adds what is asked for when the figures are. */
  watch(watched: Watched): void;
  write(): string;
  close(): void;
}

export interface Watched {
  readonly connectedVerifiers: () => number;
  readonly hashing: () => { readonly running: number; readonly waiting: number };
}

/** From a signature, half a millisecond, to a password hash in a queue, seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LOOP_RESOLUTION_MS = 10;

export function createServerFigures(): ServerFigures {
  const figures = createFigures();
  const requests = figures.counter('mapae_requests_total', 'Requests by operation, status and code of refusal.');
  const seconds = figures.histogram('mapae_request_duration_seconds', 'Until the answer began.', SECONDS);
  const events = figures.counter('mapae_events_total', 'Log entries by event.');
  let underway = 0;
  let lost = 0;
  figures.gauge('mapae_requests_in_flight', 'Requests that were not answered yet.', () => [{ value: underway }]);
  figures.counted('mapae_log_failures_total', 'Log entries that could not be written.', () => [{ value: lost }]);
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  addProcess(figures, delay);
  return {
    begin(operation) {
      const began = performance.now();
      underway += 1;
      return (status, code) => {
        underway -= 1;
        requests({ operation, status: String(status), code });
        seconds({ operation }, (performance.now() - began) / 1_000);
      };
    },
    countEvent: ({ event, level }) => events({ event, level }),
    countLostEntry() {
      lost += 1;
    },
    watch({ connectedVerifiers, hashing }) {
      figures.gauge('mapae_connected_verifiers', 'Verifiers that reported within 30 s.', () => [
        { value: connectedVerifiers() },
      ]);
      figures.gauge('mapae_password_hashes', 'Password hashes under way and in the queue.', () => {
        const { running, waiting } = hashing();
        return [
          { labels: { state: 'running' }, value: running },
          { labels: { state: 'waiting' }, value: waiting },
        ];
      });
    },
    write: () => figures.write(),
    close: () => void delay.disable(),
  };
}

/** Names as other programs have them, so that the usual dashboards fit. */
function addProcess(figures: Figures, delay: ReturnType<typeof monitorEventLoopDelay>): void {
  figures.gauge('mapae_event_loop_delay_seconds', 'Since the figures were last asked for.', () => {
    const read = [50, 99].map((percent) => ({
      labels: { quantile: String(percent / 100) },
      // a timer of so many milliseconds is never early: what is above them is delay
      value: Math.max(0, delay.percentile(percent) / 1e9 - LOOP_RESOLUTION_MS / 1_000),
    }));
    delay.reset();
    return read;
  });
  figures.counted('process_cpu_seconds_total', 'User and system time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return [{ value: (user + system) / 1e6 }];
  });
  figures.gauge('process_resident_memory_bytes', 'Resident memory of the process.', () => [
    { value: process.memoryUsage.rss() },
  ]);
  figures.gauge('process_start_time_seconds', 'When the process started, since 1970.', () => [
    { value: Math.round(performance.timeOrigin) / 1_000 },
  ]);
}
