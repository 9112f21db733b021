// The load as a process of its own. It speaks just enough HTTP/1.1 to be cheaper than any server it measures.
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import type { LoadPlan, LoadReport } from './load.ts';
import { announce, listen } from './serving.ts';
import { quantile } from './statistics.ts';

const LONGEST_MS = 120_000;

async function runPlan({
  port,
  ports = [port],
  requests,
  connections,
  ms,
  status,
  most = Number.MAX_SAFE_INTEGER,
}: LoadPlan): Promise<LoadReport> {
  const texts = requests.map((text) => Buffer.from(text, 'latin1'));
  const latencies: number[] = [];
  let next = 0;
  let unexpected = 0;
  let unexpectedStatus: number | undefined;
  let bytes = 0;
  const began = performance.now();
  const until = began + Math.min(ms, LONGEST_MS);
  const lane = (to: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = createConnection({ port: to, host: '127.0.0.1', noDelay: true });
      let sentAt: number | undefined;
      let pending = '';
      const send = (): void => {
        // one at least, however late a busy machine let it connect
        if (next >= most || (sentAt !== undefined && performance.now() >= until)) {
          socket.destroy();
          resolve();
          return;
        }
        const text = texts[next++ % texts.length];
        sentAt = performance.now();
        if (text === undefined) return;
        bytes += text.length;
        socket.write(text);
      };
      socket.on('connect', send);
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        pending += chunk.toString('latin1');
        if (!isWhole(pending)) return;
        latencies.push(performance.now() - (sentAt ?? Number.NaN));
        const answered = Number(pending.slice(9, 12));
        if (answered !== status) {
          unexpected++;
          unexpectedStatus = answered;
        }
        pending = '';
        send();
      });
      socket.on('error', reject);
      socket.on('end', () => reject(new Error('the server closed a connection that should stay open')));
    });
  await Promise.all(Array.from({ length: connections }, (_, index) => lane(ports[index % ports.length] ?? port)));
  return {
    answered: latencies.length,
    unexpected,
    ...(unexpectedStatus === undefined ? {} : { unexpectedStatus }),
    seconds: (performance.now() - began) / 1_000,
    wireBytes: bytes / latencies.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** RFC 9112 §6.3, as far as the servers here go: a length, chunks, or a status without a body. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const head = text.slice(0, end).toLowerCase();
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  if (length !== undefined) return text.length >= end + 4 + Number(length);
  if (head.includes('\r\ntransfer-encoding: chunked')) return text.endsWith('0\r\n\r\n');
  return /^http\/1\.1 (204|304)/.test(head);
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const plan = JSON.parse(Buffer.concat(chunks).toString()) as LoadPlan;
    runPlan(plan).then(
      (report) => response.end(JSON.stringify(report)),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error('the load failed')),
    );
  });
});
server.requestTimeout = 0;
announce({ port: await listen(server) });
