import { providerName } from './provider-marks.ts';
import type { Refusal } from './refusal.ts';
import type { Texts } from './texts/en.ts';
import type { Visit } from './visit.ts';

/** How the way through a provider ended, in words: `?error=…&provider=…`. Codes that are not known here say nothing. */
export function readSocialRefusal(visit: Visit): Refusal | undefined {
  const { searchParams } = visit.url;
  return refuseSocial(visit, searchParams.get('error') ?? '', searchParams.get('provider') ?? '');
}

/** @param provider  Its id. Only a name that was configured is shown: what stands in an address is from outside. */
export function refuseSocial(visit: Visit, code: string, provider: string): Refusal | undefined {
  const { texts, context } = visit;
  if (!Object.hasOwn(texts.social, code)) return undefined;
  const name = context.providers.has(provider) ? providerName(visit, provider) : texts.provider;
  return {
    status: 200,
    form: texts.social[code as keyof Texts['social']](name),
    ...(code === 'link-offer' ? { isOffer: true } : {}),
    fields: {},
  };
}
