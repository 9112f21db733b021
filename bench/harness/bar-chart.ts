import { short } from './markdown.ts';
import type { Chart } from './result.ts';

const WIDTH = 720;
const LABEL = 250;
const VALUE = 80;
const ROW = 22;
const BAR = 14;
const HEAD = 46;
const GROUP = 30;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 15px; font-weight: 600; }
  .group { font-weight: 600; }
  .unit { fill: #59636e; }
  .theirs { fill: #9aa4af; }
  .ours { fill: #0f7b6c; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .unit { fill: #9198a1; }
    .theirs { fill: #59636e; }
    .ours { fill: #3fb8a4; }
  }`;

/** A chart as SVG with no background of its own, readable on light and on dark. */
export function barChart(chart: Chart): string {
  const parts: string[] = [];
  let y = HEAD;
  for (const group of chart.groups) {
    const largest = Math.max(...group.bars.map(({ value }) => value), Number.MIN_VALUE);
    parts.push(`<text class="group" x="0" y="${y + 12}">${escapeXml(group.title)}</text>`);
    y += ROW;
    for (const { label, value, ours } of group.bars) {
      const width = Math.max(1, ((WIDTH - LABEL - VALUE) * value) / largest).toFixed(1);
      parts.push(
        `<text x="${LABEL - 8}" y="${y + 11}" text-anchor="end">${escapeXml(label)}</text>`,
        `<rect class="${ours === true ? 'ours' : 'theirs'}" x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
        `<text x="${(LABEL + Number(width) + 6).toFixed(1)}" y="${y + 11}">${escapeXml(short(value))}</text>`,
      );
      y += ROW;
    }
    y += GROUP - ROW;
  }
  const description = chart.groups
    .map(({ title, bars }) => `${title}: ${bars.map(({ label, value }) => `${label} ${short(value)}`).join(', ')}`)
    .join('. ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-labelledby="title description">
<title id="title">${escapeXml(chart.title)}</title>
<desc id="description">${escapeXml(`${chart.unit}. ${description}`)}</desc>
<style>${STYLE}
</style>
<text class="title" x="0" y="16">${escapeXml(chart.title)}</text>
<text class="unit" x="0" y="34">${escapeXml(chart.unit)}</text>
${parts.join('\n')}
</svg>
`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
