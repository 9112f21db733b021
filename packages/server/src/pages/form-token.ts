import { createHmac, timingSafeEqual } from 'node:crypto';
import { readCookie } from '../checks/cookie.ts';
import type { Settings } from '../options.ts';
import { Problem } from '../problem.ts';
import type { Secret, Secrets } from '../secrets/secrets.ts';

/** To what a form is bound: the browser that got it, and who was signed in there. */
export interface FormBinding {
  /** Value of the browser's cookie: 22 characters of base64url. */
  readonly browserId: string;
  readonly sessionId: string | undefined;
}

const FORM = /^mf1\.([\w-]{6})\.([\w-]{11})\.([\w-]{43})$/;
const NONCE_BYTES = 8;

/** A value for a hidden field, different each time so that compression tells nothing about it. */
export function formatFormToken(secrets: Secrets, binding: FormBinding, random: (bytes: number) => Uint8Array): string {
  const nonce = Buffer.from(random(NONCE_BYTES)).toString('base64url');
  return `mf1.${secrets.current.id}.${nonce}.${tagOf(secrets.current, nonce, binding).toString('base64url')}`;
}

/** Whether a form was given to this browser, for whoever is signed in there now. */
export function formTokenHolds(secrets: Secrets, binding: FormBinding, text: string): boolean {
  const [, secretId = '', nonce = '', tag = ''] = FORM.exec(text) ?? [];
  const secret = secrets.find(secretId);
  if (secret === undefined) return false;
  const presented = Buffer.from(tag, 'base64url');
  const expected = tagOf(secret, nonce, binding);
  return presented.length === expected.length && timingSafeEqual(expected, presented);
}

function tagOf({ formKey }: Secret, nonce: string, { browserId, sessionId }: FormBinding): Buffer {
  // fixed widths: no two inputs run together
  return createHmac('sha256', formKey)
    .update(nonce)
    .update(browserId)
    .update(sessionId ?? '')
    .digest();
}

/** @returns undefined where the browser has none yet, or none that we made. */
export function readBrowserId({ issuer }: Settings, request: Request): string | undefined {
  const text = readCookie(issuer, request, 'browser');
  return text !== undefined && /^[\w-]{22}$/.test(text) ? text : undefined;
}

/**
 * A form comes from a page of ours and from nowhere else; pages of listed origins may call the API, but fill in no forms here.
 *
 * @throws {Problem} `request/cross-origin`
 */
export function checkFormOrigin({ issuer }: Settings, request: Request): void {
  const origin = request.headers.get('origin');
  const site = request.headers.get('sec-fetch-site');
  const isOurs = origin === new URL(issuer).origin && (site === null || site === 'same-origin');
  if (!isOurs) throw new Problem('request/cross-origin', { detail: 'a form of these pages was sent from elsewhere' });
}
