import type { Locale } from '../../accounts/mail/mail.ts';
import { type Html, html } from '../html.ts';

const FORMATS: Readonly<Record<Locale, Intl.DateTimeFormat>> = { en: format('en'), ko: format('ko') };

function format(locale: Locale): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
    timeZoneName: 'short',
  });
}

/** A time in UTC; the script says it in the reader's own. */
export function timeOf(locale: Locale, ms: number): Html {
  const at = new Date(ms);
  return html`<time datetime="${at.toISOString()}">${FORMATS[locale].format(at)}</time>`;
}
