import type { Locale, Mail } from './mail.ts';
import { type MailTemplate, type MailValues, TEMPLATES, type Words } from './templates.ts';

/** Writes a mail in somebody's language, as text and as HTML that says the same. */
export function composeMail<T extends MailTemplate>(
  template: T,
  locale: Locale,
  values: MailValues[T],
): Omit<Mail, 'id' | 'to'> {
  const words = TEMPLATES[template][locale](values);
  return { subject: words.subject, text: toText(words), html: toHtml(words, locale), locale };
}

function toText({ lines, link }: Words): string {
  const [first = '', ...rest] = lines;
  return `${[first, ...(link === undefined ? [] : [link]), ...rest].join('\n\n')}\n`;
}

function toHtml({ subject, lines, link, action }: Words, locale: Locale): string {
  const [first = '', ...rest] = lines.map((line) => `<p>${escapeHtml(line)}</p>`);
  const button = link === undefined ? [] : [`<p><a href="${escapeHtml(link)}">${escapeHtml(action ?? link)}</a></p>`];
  const body = [first, ...button, ...rest].join('\n');
  return `<!doctype html>
<html lang="${locale}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1em">
${body}
</body></html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
