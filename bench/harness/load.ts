import type { Core } from './cores.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** What is sent, in turn, and what has to come back. */
export interface LoadPlan {
  readonly port: number;
  /** Where several processes serve: the connections are spread over all of these. Default: `port` alone. */
  readonly ports?: readonly number[];
  /** Whole requests as they stand on the wire. */
  readonly requests: readonly string[];
  readonly connections: number;
  readonly ms: number;
  readonly status: number;
  /** Stops after so many requests, if before the time. */
  readonly most?: number;
}

export interface LoadReport {
  readonly answered: number;
  /** Answers with another status. */
  readonly unexpected: number;
  /** The last of those. */
  readonly unexpectedStatus?: number;
  readonly seconds: number;
  /** Bytes of requests and answers together, for each that was answered. */
  readonly wireBytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A process that sends requests to loopback over connections that stay open, each with one request under way. */
export interface Load {
  run(plan: LoadPlan): Promise<LoadReport>;
  stop(): Promise<void>;
}

export async function startLoad(core: Core): Promise<Load> {
  const control: ServerProcess<{ readonly port: number }> = await startServer(
    new URL('./loader.ts', import.meta.url),
    {},
    { core },
  );
  return {
    async run(plan) {
      const response = await fetch(`http://127.0.0.1:${control.ready.port}/`, {
        method: 'POST',
        body: JSON.stringify(plan),
      });
      const report = (await response.json()) as LoadReport;
      if (report.answered === 0) throw new Error('nothing was answered');
      return report;
    },
    stop: control.stop,
  };
}

/** A request with no body, as it stands on the wire. */
export function getRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function postRequest(
  path: string,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = {
    host: '127.0.0.1',
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
