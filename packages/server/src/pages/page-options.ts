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
  /** Marks on the buttons of other providers, by their ids; default: letters that we drew. At most 2 KiB each, and 16 KiB with the logo. */
  readonly marks?: Readonly<Record<string, Mark>>;
}

/** A square picture. */
export type Mark = Pick<Logo, 'type' | 'data'>;

export interface Logo {
  readonly type: 'image/svg+xml' | 'image/png' | 'image/webp';
  readonly data: Uint8Array | string;
  /** The logo says the name already: it isn't written beside it. Default: false. */
  readonly holdsName?: boolean;
}

const LARGEST_PICTURES = 16 * 1_024;
const LARGEST_MARK = 2 * 1_024;

const type = z.enum(['image/svg+xml', 'image/png', 'image/webp']);
const data = z.union([z.string(), z.instanceof(Uint8Array)]);
const logo = z.strictObject({
  type,
  data: data.refine((bytes) => Buffer.byteLength(bytes) <= LARGEST_PICTURES, 'is larger than 16 KiB'),
  holdsName: z.boolean().default(false),
});
const mark = z.strictObject({
  type,
  data: data.refine((bytes) => Buffer.byteLength(bytes) <= LARGEST_MARK, 'is larger than 2 KiB'),
});

export const PAGE_OPTIONS = z.union([
  z.literal(false),
  z
    .strictObject({
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
      marks: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'is no id of a provider'), mark).optional(),
    })
    .refine(
      ({ logo: { data: bytes = '' } = {}, marks = {} }) =>
        [bytes, ...Object.values(marks).map((one) => one.data)].reduce((sum, one) => sum + Buffer.byteLength(one), 0) <=
        LARGEST_PICTURES,
      { path: ['marks'], message: 'are larger than 16 KiB, together with the logo' },
    ),
]);
