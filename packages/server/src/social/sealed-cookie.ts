import { type Secrets, seal, unseal } from '../secrets/secrets.ts';

/** A cookie that only this server can write and read, for a few minutes. */
export interface SealedCookie {
  readonly name: string;
  /** Bound to what is sealed: one cookie's value is worth nothing under another's name. */
  readonly label: string;
}

const FORM = /^([\w-]{6})\.([\w-]{1,4000})$/;

/** `__Host-` where the issuer is https: then no sibling domain can plant it. RFC 6265bis §4.1.3.2 */
export function hostName(issuer: string, name: string): string {
  return issuer.startsWith('https:') ? `__Host-${name}` : name;
}

export function sealValue(secrets: Secrets, { label, name }: SealedCookie, content: object): string {
  const { current } = secrets;
  return `${current.id}.${Buffer.from(seal(current, JSON.stringify(content), `${label}\0${name}`)).toString('base64url')}`;
}

/** @returns undefined for whatever was not sealed here, under this name. */
export function unsealValue(secrets: Secrets, { label, name }: SealedCookie, value: string): unknown {
  const [, secretId = '', sealed = ''] = FORM.exec(value) ?? [];
  const secret = secrets.find(secretId);
  const text = secret === undefined ? undefined : unseal(secret, Buffer.from(sealed, 'base64url'), `${label}\0${name}`);
  // it was sealed here: its shape is ours
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

export interface CookieAttributes {
  readonly maxAgeSeconds: number;
  /** `None` where a page elsewhere posts a form that has to bring it; `Lax` where a link does. */
  readonly sameSite: 'Strict' | 'Lax' | 'None';
}

export function formatSealedCookie(
  issuer: string,
  name: string,
  { value, maxAgeSeconds, sameSite }: CookieAttributes & { readonly value: string },
): string {
  const secure = issuer.startsWith('https:') || sameSite === 'None' ? '; Secure' : '';
  return `${name}=${value}; HttpOnly; SameSite=${sameSite}; Path=/; Max-Age=${maxAgeSeconds}${secure}`;
}

/** Cookies of a request in their order, names as they stand. */
export function readCookies(request: Request): readonly { readonly name: string; readonly value: string }[] {
  return (request.headers.get('cookie') ?? '')
    .split(';')
    .filter((pair) => pair.includes('='))
    .map((pair) => ({
      name: pair.slice(0, pair.indexOf('=')).trim(),
      value: pair.slice(pair.indexOf('=') + 1).trim(),
    }));
}
