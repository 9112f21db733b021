// Looks at every page in its main states, at three widths, light and dark, in both languages, and lays the pictures out on sheets:
// `npm run gallery -- [--folder …] [--state sign-in] [--look ko-dark] [--width 320]`. For the eyes of whoever changes a page; nothing of it is kept.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { openDemoStates } from '../support/demo-states.ts';
import { openPageStates, type PageState } from '../support/page-states.ts';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '.tmp/gallery' },
    /** Part of the name of a state. */
    state: { type: 'string', default: '' },
    /** `ko-dark`, or a part of such a word. */
    look: { type: 'string', default: '' },
    width: { type: 'string', default: '' },
  },
});
const { folder } = values;
const SHEET =
  'body{font:14px sans-serif;margin:8px;columns:6 200px;background:#bbb}figure{margin:0 0 12px;break-inside:avoid}img{width:100%}';
const WIDTHS = [320, 768, 1_280].filter((width) => values.width === '' || Number(values.width) === width);
const LOOKS = ['en', 'ko']
  .flatMap((locale) => (['light', 'dark'] as const).map((colorScheme) => ({ locale, colorScheme })))
  .filter(({ locale, colorScheme }) => `${locale}-${colorScheme}`.includes(values.look));

mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
const sets = [await openPageStates(browser), await openDemoStates()];
const states = sets.flatMap((set) => set.states);
try {
  for (const look of LOOKS)
    await picture(
      browser,
      look,
      states.filter(({ name }) => name.includes(values.state)),
    );
} finally {
  for (const set of sets) await set.close();
  await browser.close();
}

async function picture(browser: Browser, look: (typeof LOOKS)[number], states: readonly PageState[]): Promise<void> {
  const name = `${look.locale}-${look.colorScheme}`;
  const taken: { readonly name: string; readonly width: number; readonly file: string }[] = [];
  for (const state of states) {
    const context = await browser.newContext({ ...look, reducedMotion: 'reduce' });
    try {
      const page = await state.open(context, look.locale);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 640 });
        const file = `${name}-${state.name}-${width}.png`;
        await page.screenshot({ path: join(folder, file), fullPage: true });
        taken.push({ name: state.name, width, file });
      }
    } catch (error) {
      process.stderr.write(`${name} ${state.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
    await context.close();
  }
  for (const width of WIDTHS) {
    const figures = taken
      .filter((one) => one.width === width)
      .map(({ file, name: title }) => `<figure><figcaption>${title}</figcaption><img src="${file}"></figure>`);
    writeFileSync(join(folder, `${name}-${width}.html`), `<!doctype html><style>${SHEET}</style>${figures.join('\n')}`);
  }
  process.stdout.write(`${name}: ${taken.length} pictures\n`);
}
