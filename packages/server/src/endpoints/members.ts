import { z } from 'zod';
import { normalizeEmail } from '../accounts/email.ts';
import type { Parameter } from './operation.ts';

const LONGEST_PASSWORD_BYTES = 1_024;

/** An e-mail address; comes out normalised. */
export const email = z.string().transform((text, context) => {
  const normalized = normalizeEmail(text);
  if (normalized !== undefined) return normalized;
  context.addIssue({ code: 'custom', message: 'is no e-mail address' });
  return z.NEVER;
});

/** A password as it is presented: NFC, so that keyboards that compose differently agree; otherwise as typed. ASVS 6.2.8 */
export const password = z
  .string()
  .transform((text) => text.normalize('NFC'))
  .refine(
    (text) => text !== '' && Buffer.byteLength(text) <= LONGEST_PASSWORD_BYTES,
    `has 1 to ${LONGEST_PASSWORD_BYTES} bytes`,
  );

/** A password as it is chosen. ASVS 6.2.1, 6.2.5, 6.2.9 */
export const newPassword = password.refine((text) => Array.from(text).length >= 8, 'has 8 characters or more');

/** Text that a person sees: no control characters, which terminals obey and PostgreSQL (U+0000) can't keep. */
export function line(longest: number): z.ZodString {
  return z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'holds a control character');
}

export const resource = z.string().max(500).optional();
export const scope = z.string().max(1_000).optional();
export const refreshToken = z.string().max(200).optional();

/** What stands in a one-time link. */
export const oneTimeToken = z.string().max(100);

/** Address of a picture. */
export const picture = z
  .string()
  .max(500)
  .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', 'is no https address');

/** BCP 47 */
export const locale = z
  .string()
  .max(35)
  .regex(/^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$/, 'is no language tag');

/** The `:provider` of a path. */
export const provider: Parameter = {
  in: 'path',
  name: 'provider',
  description: 'Id of a provider, as `GET /v1/social` lists them',
  schema: z.string(),
};

/** The `:id` of a path. */
export const id: Parameter = {
  in: 'path',
  name: 'id',
  description: '22 characters of base64url',
  schema: z.string(),
};
