/** Names of labels and their values. Values come from tables of this program: a label never holds what somebody sent. */
export type Labels = Readonly<Record<string, string>>;

/** Figures in the text format that Prometheus reads. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export interface Figures {
  /** @param name  As it is exposed, ending in `_total`. */
  counter(name: string, help: string): (labels: Labels) => void;
  /** @param buckets  Upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[]): (labels: Labels, value: number) => void;
  /** @param read  Asked when the figures are. */
  gauge(name: string, help: string, read: () => readonly Sample[]): void;
  /** A counter that somebody else counts. */
  counted(name: string, help: string, read: () => readonly Sample[]): void;
  write(): string;
}

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

interface Line extends Sample {
  /** `_bucket` and the like. */
  readonly suffix?: string;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly lines: () => readonly Line[];
}

export function createFigures(): Figures {
  const families: Family[] = [];
  return {
    counter(name, help) {
      const kept = new Map<string, { readonly labels: Labels; value: number }>();
      families.push({ name, help, type: 'counter', lines: () => [...kept.values()] });
      return (labels) => {
        const key = keyOf(labels);
        const one = kept.get(key);
        if (one === undefined) kept.set(key, { labels, value: 1 });
        else one.value += 1;
      };
    },
    histogram(name, help, buckets) {
      const kept = new Map<string, Observed>();
      families.push({ name, help, type: 'histogram', lines: () => [...kept.values()].flatMap(linesOf(buckets)) });
      return (labels, value) => {
        const key = keyOf(labels);
        const one = kept.get(key) ?? { labels, counts: buckets.map(() => 0), count: 0, sum: 0 };
        kept.set(key, one);
        const bucket = buckets.findIndex((bound) => value <= bound);
        if (bucket !== -1) one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
        one.count += 1;
        one.sum += value;
      };
    },
    gauge: (name, help, read) => void families.push({ name, help, type: 'gauge', lines: read }),
    counted: (name, help, read) => void families.push({ name, help, type: 'counter', lines: read }),
    write: () => families.map(writeFamily).join(''),
  };
}

interface Observed {
  readonly labels: Labels;
  /** In each bucket, not counting those below. */
  readonly counts: number[];
  count: number;
  sum: number;
}

/** Buckets are cumulative, and the last one has no bound. */
function linesOf(buckets: readonly number[]) {
  return ({ labels, counts, count, sum }: Observed): readonly Line[] => {
    let below = 0;
    const lines = buckets.map((bound, i) => {
      below += counts[i] ?? 0;
      return { suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: below };
    });
    return [
      ...lines,
      { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
      { suffix: '_sum', labels, value: sum },
      { suffix: '_count', labels, value: count },
    ];
  };
}

function keyOf(labels: Labels): string {
  return Object.values(labels).join('\0');
}

function writeFamily({ name, help, type, lines }: Family): string {
  const written = lines().map(
    ({ suffix = '', labels = {}, value }) => `${name}${suffix}${writeLabels(labels)} ${value}`,
  );
  return `${[`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...written].join('\n')}\n`;
}

function writeLabels(labels: Labels): string {
  const written = Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`);
  return written.length === 0 ? '' : `{${written.join(',')}}`;
}

function escapeValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
