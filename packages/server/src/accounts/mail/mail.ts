/** One mail, ready to be sent. */
export interface Mail {
  /** The same however often it is tried: a Message-ID made of it lets the receiver drop a second one. RFC 5322 §3.6.4 */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** BCP 47. */
  readonly locale: string;
}

export const LOCALES = ['en', 'ko'] as const;
export type Locale = (typeof LOCALES)[number];

/** The language that mails to somebody are in: the first of theirs that is known here. RFC 9110 §12.5.4 */
export function chooseLocale(wanted: string | undefined): Locale {
  const ranked = (wanted ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', quality] = part.trim().toLowerCase().split(';q=');
      return { tag: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  for (const { tag } of ranked) {
    const known = LOCALES.find((locale) => locale === tag);
    if (known !== undefined) return known;
  }
  return 'en';
}
