/** A command of a guide, and what stands under it. */
export interface Step {
  readonly command: string;
  /** Lines, in which `…` is anything. */
  readonly printed: readonly string[];
}

/** What a guide has in its blocks of `console`: `$` begins a command, `>` goes on with it, everything else was printed. */
export function readTranscript(page: string): readonly Step[] {
  const steps: { command: string; printed: string[] }[] = [];
  for (const [, block = ''] of page.matchAll(/^```console\n([\s\S]*?)^```$/gm))
    for (const line of block.trimEnd().split('\n')) {
      const last = steps.at(-1);
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), printed: [] });
      else if (last === undefined) throw new Error('a block begins with what was printed');
      else if (line.startsWith('> ')) last.command += `\n${line.slice(2)}`;
      else last.printed.push(line);
    }
  return steps;
}

/** True where a line is what the guide says, with anything at each `…`. */
export function fits(line: string, printed: string): boolean {
  const parts = printed.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(line);
}
