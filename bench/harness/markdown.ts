import { judge, type Reach, type Result, type Table } from './result.ts';

/** Three significant digits, with a k or M where that reads better. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 999_500) return `${digits(value / 1e6)} M`;
  if (size >= 9_995) return `${digits(value / 1e3)} k`;
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toPrecision(3);
}

export function tableToMarkdown({ columns, rows }: Omit<Table, 'title'>): string {
  const cell = (value: string | number): string =>
    (typeof value === 'number' ? short(value) : value).replaceAll('|', '\\|');
  const alignment = columns.map((_, index) =>
    rows.length > 0 && rows.every((row) => typeof row[index] !== 'string' || row[index] === '–' || row[index] === '')
      ? '---:'
      : '---',
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(alignment), ...rows.map((row) => line(row.map(cell)))].join('\n');
}

export function reachToTable(reach: readonly Reach[]): Table {
  return {
    title: 'Goals',
    columns: ['goal', 'floor', 'aim', 'measured', 'reached'],
    rows: reach.map((one) => {
      const sign = one.better === 'more' ? '≥' : '≤';
      const value = (n: number | undefined): string => (n === undefined ? '–' : `${short(n)} ${one.unit}`);
      const verdict = { aim: 'aim', floor: 'floor', missed: '**missed**', 'not measured': 'not measured' }[judge(one)];
      return [
        one.what,
        `${sign} ${value(one.floor)}`,
        one.aim === undefined ? '–' : `${sign} ${value(one.aim)}`,
        value(one.got),
        one.note === undefined ? verdict : `${verdict} (${one.note})`,
      ];
    }),
  };
}

/** The whole result as it stands in the docs. */
export function resultToMarkdown(result: Result, pictures: string): string {
  const { machine, peers } = result;
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `\`${result.command}\`, ${result.at.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, OpenSSL ${machine.openssl}.${
      result.quick ? ' **A quick run: these figures say nothing.**' : ''
    }`,
    ...(versions.length === 0 ? [] : [`Against ${versions.join(', ')}.`]),
    ...result.charts.map(({ file, title }) => `![${title}](${pictures}/${file}.svg)`),
    ...result.tables.map((table) => `**${table.title}**\n\n${tableToMarkdown(table)}`),
    ...(result.reach.length === 0 ? [] : [`**Goals**\n\n${tableToMarkdown(reachToTable(result.reach))}`]),
    ...(result.notes.length === 0 ? [] : [result.notes.map((note) => `- ${note}`).join('\n')]),
  ];
  return parts.join('\n\n');
}
