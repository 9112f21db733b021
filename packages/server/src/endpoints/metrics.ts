import { createHash, timingSafeEqual } from 'node:crypto';
import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { METRICS } from './answers.ts';
import type { Operation } from './operation.ts';

/** `GET /metrics`: there where the server was given a key for it, and for whoever shows that key. docs/adr/0043 */
export const metrics: Operation = {
  summary: 'Figures of this process, for Prometheus',
  credential: 'metrics',
  answers: { 200: METRICS },
  refusals: ['request/not-found'],
  withoutDatabase: true,
  run: showMetrics,
};

function showMetrics({ settings: { metricsKey }, figures }: ServerContext, request: Request): Response {
  if (metricsKey === undefined || figures === undefined) throw new Problem('request/not-found');
  const presented = /^Bearer ([^\s,]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
  if (!timingSafeEqual(sha256(metricsKey), sha256(presented)))
    throw new Problem('metrics/credential', { headers: { 'www-authenticate': 'Bearer' } });
  return new Response(figures.write(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
