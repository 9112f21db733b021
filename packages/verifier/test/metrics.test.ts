import { readdirSync, readFileSync } from 'node:fs';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import * as client from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVerifier, describeProtectedResource, type VerifierMetrics } from '../src/index.ts';
import { AUDIENCE, type ScriptedIssuer, startScriptedIssuer, until } from './scripted-issuer.ts';

// The snippets of docs/guides/metrics.md, run as they stand there.

const page = readFileSync(new URL('../../../docs/guides/metrics.md', import.meta.url), 'utf8');
const snippets = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code).join('\n');
const { prometheusMetrics, openTelemetryMetrics } = (await import(
  `data:text/javascript,${encodeURIComponent(snippets)}`
)) as {
  prometheusMetrics(from: typeof client, registry: client.Registry): VerifierMetrics;
  openTelemetryMetrics(meter: ReturnType<MeterProvider['getMeter']>): VerifierMetrics;
};

let issuer: ScriptedIssuer;
beforeEach(async () => {
  issuer = await startScriptedIssuer();
});
afterEach(() => issuer.close());

/** One request that is let in twice and one that is refused. */
async function use(metrics: VerifierMetrics): Promise<void> {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, metrics, jitter: () => 0 });
  await verifier.ready();
  const token = issuer.token();
  for (let round = 0; round < 2; round++)
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
  await verifier.authenticate({ headers: { authorization: 'Bearer x' } }).catch(() => {});
  await until(() => issuer.connections > 0);
  verifier.close();
}

test('prom-client: figures are read from the registry, by outcome', async () => {
  const registry = new client.Registry();
  await use(prometheusMetrics(client, registry));
  const text = await registry.metrics();
  expect(text).toContain('mapae_verifier_checks{outcome="accepted"} 2');
  expect(text).toContain('mapae_verifier_checks{outcome="token/malformed"} 1');
  expect(text).toContain('mapae_verifier_cache_hits 1');
  expect(text).toMatch(/mapae_verifier_feed_lag_seconds_count\{issuer="[^"]+"\} [1-9]/);
  expect(text).toMatch(/mapae_verifier_frames\{event="snapshot",issuer="[^"]+"\} 1/);
});

test('OpenTelemetry: figures reach an exporter', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({ readers: [reader] });
  await use(openTelemetryMetrics(provider.getMeter('mapae')));
  await provider.forceFlush();
  const exported = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  const checks = exported.find(({ descriptor }) => descriptor.name === 'mapae_verifier_checks');
  expect(checks?.dataPoints.map(({ attributes, value }) => [attributes['outcome'], value])).toEqual([
    ['accepted', 2],
    ['token/malformed', 1],
  ]);
  await provider.shutdown();
});

test('every name in the guide is counted somewhere, and every one that is counted is in the guide', () => {
  const folder = new URL('../src/', import.meta.url);
  const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
  const counting = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'metrics.ts');
  const named = (source: string) => new Set([...source.matchAll(/'(mapae_verifier_\w+)'/g)].map(([, name]) => name));
  const listed = new Set([...page.matchAll(/^\| `(mapae_verifier_\w+)` \|/gm)].map(([, name]) => name));
  const declared = named(read('metrics.ts'));
  const counted = named(counting.map(read).join(''));
  expect(listed).toEqual(declared);
  expect(counted).toEqual(declared);
});

test('RFC 9728 §2, §3.1: the metadata of a protected resource, and where it stands', async () => {
  const described = describeProtectedResource({
    resource: 'https://api.example.com/notes',
    authorizationServers: ['https://auth.example.com'],
    scopes: ['notes:read'],
    dpop: { algorithms: ['ES256'] },
  });
  expect(described.url).toBe('https://api.example.com/.well-known/oauth-protected-resource/notes');
  expect(described.path).toBe('/.well-known/oauth-protected-resource/notes');
  expect(JSON.parse(described.body)).toEqual({
    resource: 'https://api.example.com/notes',
    authorization_servers: ['https://auth.example.com'],
    scopes_supported: ['notes:read'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256'],
    dpop_bound_access_tokens_required: false,
  });
  expect(() =>
    describeProtectedResource({ resource: 'http://api.example.com', authorizationServers: ['https://a.example'] }),
  ).toThrow('resource');
  const verifier = createVerifier({
    issuer: issuer.issuer,
    audience: AUDIENCE,
    feed: false,
    keys: { keys: [] },
    resourceMetadata: described.url,
  });
  await expect(verifier.authenticate({ headers: {} })).rejects.toMatchObject({
    headers: { 'www-authenticate': `Bearer resource_metadata="${described.url}"` },
  });
});

test('a verifier reports to its issuer what it did, under its name', async () => {
  issuer.answers.set('/events/reports', (_request, response) => void response.writeHead(204).end());
  const verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE, name: 'notes', jitter: () => 0 });
  await verifier.ready();
  const token = issuer.token();
  for (let round = 0; round < 3; round++)
    await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
  await verifier.authenticate({ headers: { authorization: 'Bearer x' } }).catch(() => {});
  await until(() => issuer.count('/events/reports') === 1);
  const sent = JSON.parse(issuer.requests.find(({ path }) => path === '/events/reports')?.body ?? '') as object;
  expect(sent).toMatchObject({
    name: 'notes',
    position: `${issuer.position.epoch}.${issuer.position.number}`,
    stale: false,
    cache: { hits: 2, misses: 2 },
    refusals: { 'token/malformed': 1 },
  });
  expect(JSON.stringify(sent)).not.toContain('kim');
  verifier.close();
});
