import { type Finding, GROUPS, type Verdict } from './campaign.ts';

const HEADLINES = {
  forged: 'FORGED     anyone can make a token, or needs none',
  misplaced: 'MISPLACED  a real token opens what it should not',
  lax: 'LAX        what no reader should take is taken',
} as const;

/** What people are shown: the gravest first, one reason for all attempts of a class. */
export function formatVerdict({ tried, letIn, broken }: Verdict): string {
  const lines: string[] = [];
  for (const [gravity, headline] of Object.entries(HEADLINES)) {
    const found = letIn.filter((one) => one.gravity === gravity);
    if (found.length === 0) continue;
    lines.push(headline);
    for (const [why, ofOne] of byReason(found)) {
      lines.push(`  ${why}`);
      for (const { id, title, status } of ofOne) lines.push(`    ${id}  ${status}  ${printable(title)}`);
    }
    lines.push('');
  }
  if (broken.length > 0) {
    lines.push('BROKEN     neither in nor refused: the program failed');
    for (const { id, title, status } of broken) lines.push(`    ${id}  ${status}  ${printable(title)}`);
    lines.push('');
  }
  const counts = GROUPS.map((group) => `${group} ${tried[group]}`).join(', ');
  const sum = GROUPS.reduce((total, group) => total + tried[group], 0);
  lines.push(`tried ${sum} (${counts}): ${letIn.length} let in, ${broken.length} broken`);
  return `${lines.join('\n')}\n`;
}

function byReason(found: readonly Finding[]): Map<string, Finding[]> {
  return Map.groupBy(found, ({ why }) => why);
}

/** Titles hold texts of the attacks; a terminal should not obey them. */
function printable(title: string): string {
  const short = title.length > 90 ? `${title.slice(0, 90)}…` : title;
  return JSON.stringify(short).slice(1, -1);
}
