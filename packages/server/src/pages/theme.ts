import { z } from 'zod';

/** How the pages look; what is left out stays as it is. docs/guides/hosted-pages.md */
export interface Theme {
  /** Colour of buttons and links on light ground: `#rrggbb`, at least 4.5 to 1 against white. */
  readonly accent?: string;
  /** The same on dark ground: at least 4.5 to 1 against #211e1a. */
  readonly accentDark?: string;
  /** Of cards and fields, whole pixels, 0 to 24. */
  readonly radius?: number;
  /** Families of fonts that a device has, most wanted first; none is loaded from elsewhere. */
  readonly font?: string;
}

const LIGHT_CARD = '#f6f5f1';
const DARK_CARD = '#211e1a';
/** WCAG 2.2 §1.4.3 */
const LEAST_CONTRAST = 4.5;

function accentOn(ground: string) {
  return z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'is no colour like #7a4b12')
    .refine((colour) => !/^#[0-9a-f]{6}$/i.test(colour) || contrast(colour, ground) >= LEAST_CONTRAST, {
      message: `can not be read on ${ground}: the contrast must be 4.5 to 1 (WCAG 2.2 §1.4.3)`,
    });
}

export const THEME: z.ZodType<Theme, Theme> = z.strictObject({
  accent: accentOn(LIGHT_CARD).optional(),
  accentDark: accentOn(DARK_CARD).optional(),
  radius: z.int().min(0).max(24).optional(),
  font: z
    .string()
    .max(300)
    .regex(/^[\p{L}\p{N} ,'"-]+$/u, 'is no list of font families')
    .optional(),
}) as z.ZodType<Theme, Theme>;

/** The theme as rules that go behind the stylesheet. */
export function writeTheme({ accent, accentDark, radius, font }: Theme): string {
  const always = [
    ...(radius === undefined ? [] : [`--radius:${radius}px`]),
    ...(font === undefined ? [] : [`--font:${font}`]),
  ];
  const light = accent === undefined ? [] : accentRules(accent);
  const dark = accentDark === undefined ? [] : accentRules(accentDark);
  return [
    ...(always.length + light.length === 0 ? [] : [`:root{${[...always, ...light].join(';')}}`]),
    // without one of its own, dark keeps the accent that is known to be readable there
    ...(dark.length + light.length === 0
      ? []
      : [`@media (prefers-color-scheme:dark){:root{${(dark.length > 0 ? dark : accentRules('#e0b074')).join(';')}}}`]),
  ].join('\n');
}

function accentRules(colour: string): readonly string[] {
  return [`--accent:${colour}`, `--on-accent:${contrast(colour, '#ffffff') >= LEAST_CONTRAST ? '#fff' : '#17130c'}`];
}

/** Contrast of two colours, 1 to 21. WCAG 2.2, "contrast ratio" */
function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
