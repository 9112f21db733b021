import { chooseLocale, type Locale } from '../../accounts/mail/mail.ts';
import { en, type Texts } from './en.ts';
import { ko } from './ko.ts';

export const TEXTS: Readonly<Record<Locale, Texts>> = { en, ko };

/** How each language calls itself. */
export const LANGUAGE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', ko: '한국어' };

/** The first language that is known here: what the person chose, then what the browser says. RFC 9110 §12.5.4 */
export function choosePageLocale(chosen: readonly (string | undefined)[], acceptLanguage: string | null): Locale {
  return chooseLocale([...chosen, acceptLanguage ?? undefined].filter((one) => one !== undefined).join(','));
}
