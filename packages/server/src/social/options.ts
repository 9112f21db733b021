import type { z } from 'zod';
import { withDeadline } from './deadline.ts';
import { SocialMisconfigured } from './misconfigured.ts';
import type { Provider, ProviderTools } from './provider.ts';
import { type AppleOptions, appleOptions, createApple } from './providers/apple.ts';
import { createFacebook, type FacebookOptions, facebookOptions } from './providers/facebook.ts';
import { createGithub, type GithubOptions, githubOptions } from './providers/github.ts';
import { createGoogle, type GoogleOptions, googleOptions } from './providers/google.ts';
import { createKakao, type KakaoOptions, kakaoOptions } from './providers/kakao.ts';
import { createLine, type LineOptions, lineOptions } from './providers/line.ts';
import { createMicrosoft, type MicrosoftOptions, microsoftOptions } from './providers/microsoft.ts';
import { createNaver, type NaverOptions, naverOptions } from './providers/naver.ts';
import { createOAuth2, type OAuth2Options, oauth2Options } from './providers/oauth2.ts';
import { createOidc, type OidcOptions, oidcOptions } from './providers/oidc.ts';

/** Where people may sign in with an account that they have elsewhere. docs/guides/social */
export interface SocialOptions {
  readonly google?: GoogleOptions;
  readonly apple?: AppleOptions;
  readonly microsoft?: MicrosoftOptions;
  readonly kakao?: KakaoOptions;
  readonly naver?: NaverOptions;
  readonly line?: LineOptions;
  readonly facebook?: FacebookOptions;
  readonly github?: GithubOptions;
  /** Others that speak OpenID Connect. */
  readonly oidc?: readonly OidcOptions[];
  /** Others that speak OAuth 2 and answer about the person in JSON. */
  readonly oauth2?: readonly OAuth2Options[];
}

/** One way to make a provider of its options. */
interface Kind {
  readonly schema: z.ZodType;
  create(options: never, tools: ProviderTools): Provider;
}

const NAMED: Readonly<Record<string, Kind>> = {
  google: { schema: googleOptions, create: createGoogle },
  apple: { schema: appleOptions, create: createApple },
  microsoft: { schema: microsoftOptions, create: createMicrosoft },
  kakao: { schema: kakaoOptions, create: createKakao },
  naver: { schema: naverOptions, create: createNaver },
  line: { schema: lineOptions, create: createLine },
  facebook: { schema: facebookOptions, create: createFacebook },
  github: { schema: githubOptions, create: createGithub },
};
const GENERIC: Readonly<Record<string, Kind>> = {
  oidc: { schema: oidcOptions, create: createOidc },
  oauth2: { schema: oauth2Options, create: createOAuth2 },
};
/** Addresses that the server has beside those of providers, and what a path may hold. */
const ID = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * Makes the providers of the option `social`, in its order.
 *
 * @throws {SocialMisconfigured} naming the provider and the option.
 */
export function createProviders(options: unknown, tools: ProviderTools): ReadonlyMap<string, Provider> {
  const providers = new Map<string, Provider>();
  if (options === undefined) return providers;
  if (!isObject(options)) throw new SocialMisconfigured('social-option/value', at(''), 'must be an object');
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const made = NAMED[key] === undefined ? createGeneric(key, value, tools) : [create(NAMED[key], key, value, tools)];
    for (const provider of made) {
      if (providers.has(provider.id)) throw new SocialMisconfigured('social-option/twice', at(provider.id, 'id'));
      providers.set(provider.id, provider);
    }
  }
  return providers;
}

function createGeneric(key: string, value: unknown, tools: ProviderTools): readonly Provider[] {
  const kind = GENERIC[key];
  if (kind === undefined) {
    const known = [...Object.keys(NAMED), ...Object.keys(GENERIC)].join(', ');
    throw new SocialMisconfigured('social-option/provider', at(key), `there is no such provider; there are ${known}`);
  }
  if (!Array.isArray(value)) throw new SocialMisconfigured('social-option/value', at(key), 'must be a list');
  return value.map((one: unknown, i) => {
    const id: unknown = isObject(one) ? one['id'] : undefined;
    if (typeof id !== 'string') throw new SocialMisconfigured('social-option/missing', at(key, `${i}.id`));
    if (!ID.test(id))
      throw new SocialMisconfigured(
        'social-option/value',
        at(key, `${i}.id`),
        'has 1 to 32 lower-case letters, digits and hyphens, a letter first',
      );
    if (Object.hasOwn(NAMED, id)) throw new SocialMisconfigured('social-option/twice', at(id, 'id'));
    return create(kind, id, one, tools);
  });
}

function create(kind: Kind, provider: string, value: unknown, tools: ProviderTools): Provider {
  const parsed = kind.schema.safeParse(value);
  if (parsed.success) return withDeadline(kind.create(parsed.data as never, tools));
  const [issue] = parsed.error.issues;
  const option = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys')
    throw new SocialMisconfigured(
      'social-option/unknown',
      at(provider, [option, ...issue.keys.slice(0, 1)].filter((part) => part !== '').join('.')),
    );
  // zod says of what isn't there that it has the wrong type
  const missing = issue?.code === 'invalid_type' && valueAt(value, issue.path) === undefined;
  if (missing) throw new SocialMisconfigured('social-option/missing', at(provider, option));
  throw new SocialMisconfigured('social-option/value', at(provider, option), issue?.message);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(provider: string, option = ''): { readonly provider: string; readonly option: string } {
  return { provider, option };
}
