/** What is counted and measured here. Names are stable; labels hold codes and configured names, never anything of a token. */
export type CounterName =
  | 'mapae_verifier_checks'
  | 'mapae_verifier_cache_hits'
  | 'mapae_verifier_introspections'
  | 'mapae_verifier_frames'
  | 'mapae_verifier_events';
export type HistogramName = 'mapae_verifier_feed_lag_seconds';

export type MetricLabels = Readonly<Record<string, string>>;

/** Takes figures as they come: a few lines over any metrics library, docs/guides/metrics.md. Must not throw. */
export interface VerifierMetrics {
  /** Adds one. */
  count(name: CounterName, labels: MetricLabels): void;
  observe(name: HistogramName, value: number, labels: MetricLabels): void;
}

export const NO_METRICS: VerifierMetrics = Object.freeze({ count() {}, observe() {} });
