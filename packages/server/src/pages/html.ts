import { escapeHtml } from '../accounts/mail/compose.ts';

/** HTML that may be sent as it is. Only {@link html} makes it, and it escapes whatever is put in. */
class SafeHtml {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
export type Html = SafeHtml;

/** What may stand in a template: text is escaped, nothing is left out, lists are joined. */
export type HtmlPart = Html | string | number | false | undefined | readonly HtmlPart[];

/**
 * A piece of HTML. Every value is escaped for text and for attributes in double quotes; attributes without quotes, names of tags and
 * scripts are no places for a value.
 */
export function html(pieces: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new SafeHtml(pieces.reduce((whole, piece, i) => `${whole}${write(parts[i - 1])}${piece}`));
}

function write(part: HtmlPart): string {
  if (part === undefined || part === false) return '';
  if (part instanceof SafeHtml) return part.text;
  if (typeof part === 'object') return part.map(write).join('');
  return escapeHtml(String(part));
}
