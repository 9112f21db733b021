import { type Html, html } from './html.ts';
import type { Visit } from './visit.ts';

interface Mark {
  /** Colour behind the letter; none where it is the colour of the text. */
  readonly ground?: string;
  /** Colour of the letter; none where it is the colour of the card. */
  readonly ink?: string;
  /** Strokes on a square of 20. */
  readonly strokes: string;
}

/**
 * Marks that we drew: a letter in a colour that people know, and no copy of a logo, which is its owner's. Whoever has agreed to a
 * provider's terms for its logo puts it here by the option `pages.marks`. docs/adr/0060
 */
const MARKS: Readonly<Record<string, Mark>> = {
  google: { ground: '#1a73e8', ink: '#fff', strokes: 'M14 7.2A5 5 0 1 0 15 10.4h-4.6' },
  apple: { strokes: 'M5.8 15 10 5l4.2 10M7.4 11.6h5.2' },
  microsoft: { ground: '#0067b8', ink: '#fff', strokes: 'M5.2 14.6V5.6l4.8 6 4.8-6v9' },
  kakao: { ground: '#fee500', ink: '#191600', strokes: 'M7 5v10M13.6 5 7.2 10.6M9.4 8.8l4.4 6.2' },
  naver: { ground: '#03a94d', ink: '#fff', strokes: 'M6.4 15V5l7.2 10V5' },
  line: { ground: '#05a048', ink: '#fff', strokes: 'M7.4 5v10h6' },
  facebook: { ground: '#0866ff', ink: '#fff', strokes: 'M13.4 5.2c-2.6-.6-4 .4-4 2.8v7M6.8 9.6h5.6' },
  // two lines of work that come together
  github: {
    strokes: 'M7 7.4v5.4M7 9.9c3.8 0 6-.4 6-2.6M7 5.6a1 1 0 1 0 0 .1M7 14.4a1 1 0 1 0 0 .1M13 5.6a1 1 0 1 0 0 .1',
  },
};

/** A provider's name in the language of the page; of one that is no longer configured, its id. */
export function providerName({ texts, context }: Visit, id: string): string {
  const name = context.socialProviders.find((one) => one.id === id)?.name ?? id;
  return Object.hasOwn(texts.providerNames, name) ? (texts.providerNames[name] ?? name) : name;
}

/** The mark of a provider, for the eye alone: its name stands beside it. */
export function providerMark(visit: Visit, id: string): Html {
  const file = visit.context.assets.marks.get(id);
  if (file !== undefined)
    return html`<img class="mark" src="${visit.at(`/assets/${file}`)}" alt="" width="20" height="20">`;
  const mark = Object.hasOwn(MARKS, id) ? MARKS[id] : undefined;
  if (mark === undefined)
    return html`<span class="mark letter" aria-hidden="true">${firstLetter(providerName(visit, id))}</span>`;
  return html`<svg class="mark" viewBox="0 0 20 20" aria-hidden="true"><rect width="20" height="20" rx="5" fill="${mark.ground ?? 'currentColor'}"/><path d="${mark.strokes}"${mark.ink === undefined ? html` class="ink"` : html` stroke="${mark.ink}"`}/></svg>`;
}

const LETTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function firstLetter(name: string): string {
  return [...LETTERS.segment(name.trim())][0]?.segment.toLocaleUpperCase() ?? '';
}
