import { readdirSync, readFileSync } from 'node:fs';

/** One clock tick of /proc, µs: 100 a second on every Linux that Node runs on. */
const TICK = 10_000;

interface Stat {
  readonly parent: number;
  readonly ticks: number;
}

/** proc(5): the name in brackets may hold anything, so everything is counted from its end. */
function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [own, ofEnded] = [fields.slice(11, 13), fields.slice(13, 15)];
    return { parent: Number(fields[1]), ticks: [...own, ...ofEnded].reduce((sum, value) => sum + Number(value), 0) };
  } catch {
    return undefined;
  }
}

/** CPU time of a process and its children, ended ones too, µs; undefined where there is no /proc. */
export function processorTime(pid: number): number | undefined {
  const own = readStat(pid);
  if (own === undefined) return undefined;
  let { ticks } = own;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat?.parent === pid) ticks += stat.ticks;
  }
  return ticks * TICK;
}

/** Of whom a process is a child. */
export const parentOf = (pid: number): number | undefined => readStat(pid)?.parent;
