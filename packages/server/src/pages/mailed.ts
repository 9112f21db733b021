import { normalizeEmail } from '../accounts/email.ts';
import { cookieOf, setCookie, type Visit } from './visit.ts';

/** To whom a mail went a moment ago. Kept in the browser and not in the address, which others may see. */
export interface Mailed {
  readonly purpose: 'sign-up' | 'forgot';
  readonly email: string;
}

const SECONDS = 900;
const FORM = /^(sign-up|forgot)\.([\w-]{1,400})$/;

export function rememberMailed(visit: Visit, { purpose, email }: Mailed): void {
  setCookie(visit, 'mailed', `${purpose}.${Buffer.from(email).toString('base64url')}`, SECONDS);
}

export function readMailed(visit: Visit): Mailed | undefined {
  const [, purpose, text = ''] = FORM.exec(cookieOf(visit, 'mailed') ?? '') ?? [];
  const email = normalizeEmail(Buffer.from(text, 'base64url').toString());
  if ((purpose !== 'sign-up' && purpose !== 'forgot') || email === undefined) return undefined;
  return { purpose, email };
}
