import { tableToMarkdown } from './markdown.ts';
import type { Result } from './result.ts';

/** Guides that show tables of results, in the repository. */
export const GUIDES = ['docs/guides/token-explained.md', 'docs/guides/token-explained.ko.md'] as const;

/** The guide with the tables of a result where it has places for them: `<!-- table:BENCH:N -->` to `<!-- /table:BENCH:N -->`. */
export function withTables(guide: string, result: Pick<Result, 'bench' | 'command' | 'at' | 'tables'>): string {
  const { bench, command, at, tables } = result;
  return guide.replaceAll(
    new RegExp(`<!-- table:${bench}:(\\d+) -->\\n[\\s\\S]*?<!-- /table:${bench}:\\1 -->`, 'g'),
    (_place: string, index: string) => {
      const table = tables[Number(index)];
      if (table === undefined) throw new Error(`${bench} has no table ${index}, which a guide shows`);
      const [open, close] = [`<!-- table:${bench}:${index} -->`, `<!-- /table:${bench}:${index} -->`];
      return `${open}\n${tableToMarkdown(table)}\n\n\`${command}\`, ${at.slice(0, 10)}\n${close}`;
    },
  );
}
