import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { barChart } from './bar-chart.ts';
import { GUIDES, withTables } from './guide-tables.ts';
import { resultToMarkdown } from './markdown.ts';
import type { Result } from './result.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = 'docs/performance.md';

/** Writes a result where the docs show it: the JSON, the charts, the section between the page's markers, and its tables in the guides. */
export function publish(result: Result): void {
  mkdirSync(join(ROOT, 'bench/results'), { recursive: true });
  writeFileSync(join(ROOT, 'bench/results', `${result.bench}.json`), `${JSON.stringify(result, null, 2)}\n`);
  for (const chart of result.charts) writeFileSync(join(ROOT, 'docs/pictures', `${chart.file}.svg`), barChart(chart));
  const page = join(ROOT, PAGE);
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), result.bench, resultToMarkdown(result, 'pictures')));
  for (const guide of GUIDES.map((path) => join(ROOT, path)))
    writeFileSync(guide, withTables(readFileSync(guide, 'utf8'), result));
}

/**
 * The page with a new text between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`.
 *
 * @throws {Error} where the page has no such place: a figure that nobody would see.
 */
export function withSection(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const from = page.indexOf(open);
  const to = page.indexOf(close);
  if (from === -1 || to < from) throw new Error(`${PAGE} has no place for ${name}`);
  return `${page.slice(0, from + open.length)}\n${text}\n${page.slice(to)}`;
}
