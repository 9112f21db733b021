import { normalizeEmail } from '../accounts/email.ts';
import { SocialFailed } from './failure.ts';
import type { SocialProfile } from './provider.ts';

/** OpenID Connect Core §2: `sub` has at most 255 ASCII characters. */
const SUBJECT = /^[\x21-\x7e]{1,255}$/;

/** What a provider said, each member of whatever type it sent. */
export interface Claimed {
  /** Where the provider has several. */
  readonly issuer?: string;
  readonly subject: unknown;
  readonly email?: unknown;
  /** Judged by the provider's file: each says it in its own way. */
  readonly emailVerified: boolean;
  readonly name?: unknown;
  readonly picture?: unknown;
  readonly locale?: unknown;
}

/** The standard claims of an ID token or of UserInfo. OpenID Connect Core §5.1 */
export function standardClaims(claims: Readonly<Record<string, unknown>>): Claimed {
  return {
    subject: claims['sub'],
    email: claims['email'],
    // a text that says "true" is no boolean
    emailVerified: claims['email_verified'] === true,
    name: claims['name'],
    picture: claims['picture'],
    locale: claims['locale'],
  };
}

/** Takes what can be used of what a provider said. @throws {SocialFailed} `provider-answer` without a usable subject. */
export function profileOf(
  {
    issuer,
    options,
  }: {
    readonly issuer: string;
    readonly options: { readonly dangerouslyTrustEmail: boolean };
  },
  claimed: Claimed,
): SocialProfile {
  const { subject } = claimed;
  // GitHub's and Kakao's are numbers
  const text = typeof subject === 'number' && Number.isSafeInteger(subject) ? String(subject) : subject;
  if (typeof text !== 'string' || !SUBJECT.test(text)) throw new SocialFailed('provider-answer', 'no-subject');
  const email = typeof claimed.email === 'string' ? normalizeEmail(claimed.email) : undefined;
  return {
    issuer: claimed.issuer ?? issuer,
    subject: text,
    email,
    emailVerified: email !== undefined && (claimed.emailVerified || options.dangerouslyTrustEmail),
    name: cleanName(claimed.name),
    picture: cleanPicture(claimed.picture),
    locale: cleanLocale(claimed.locale),
  };
}

function cleanName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined;
  const clean = Array.from(
    name
      .normalize('NFC')
      .replace(/\p{Cc}/gu, ' ')
      .trim(),
  )
    .slice(0, 100)
    .join('')
    .trim();
  return clean === '' ? undefined : clean;
}

function cleanPicture(picture: unknown): string | undefined {
  if (typeof picture !== 'string' || picture.length > 500 || !URL.canParse(picture)) return undefined;
  return new URL(picture).protocol === 'https:' ? picture : undefined;
}

function cleanLocale(locale: unknown): string | undefined {
  if (typeof locale !== 'string') return undefined;
  const tag = locale.replace('_', '-');
  return tag.length <= 35 && /^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$/.test(tag) ? tag : undefined;
}
