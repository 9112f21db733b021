import { z } from 'zod';
import { THEME, type Theme } from './theme.ts';

/** The pages that people see. */
export interface PageOptions {
  /** Name of the product, 1 to 60 characters. Default: the issuer's host. */
  readonly name?: string;
  /** Where people come from and go back to: the application. Default: none; after a sign-in they see their account. */
  readonly home?: string;
  /** A picture beside, or with the name in it instead of, the name. At most 16 KiB, so that the first page stays small. */
  readonly logo?: Logo;
  readonly theme?: Theme;
}

export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png' | 'image/webp';
  readonly data: Uint8Array | string;
  /** The logo says the name already: it isn't written beside it. Default: false. */
  readonly holdsName?: boolean;
}

const LARGEST_LOGO = 16 * 1_024;

const logo = z.strictObject({
  type: z.enum(['image/svg+xml', 'image/png', 'image/webp']),
  data: z
    .union([z.string(), z.instanceof(Uint8Array)])
    .refine((data) => Buffer.byteLength(data) <= LARGEST_LOGO, 'is larger than 16 KiB'),
  holdsName: z.boolean().default(false),
});

export const PAGE_OPTIONS = z.union([
  z.literal(false),
  z.strictObject({
    name: z
      .string()
      .trim()
      .min(1)
      .max(60)
      .regex(/^\P{Cc}*$/u, 'holds a control character')
      .optional(),
    home: z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'is no http or https address')
      .optional(),
    logo: logo.optional(),
    theme: THEME.optional(),
  }),
]);
