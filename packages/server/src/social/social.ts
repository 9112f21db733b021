import { createHash } from 'node:crypto';
import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import { SocialFailed } from './failure.ts';
import type { NativeToken, Provider, SocialProfile } from './provider.ts';

/** @throws {Problem} `social/unknown-provider` */
export function findProvider({ providers }: ServerContext, id: string): Provider {
  const provider = providers.get(id);
  if (provider === undefined) throw new Problem('social/unknown-provider');
  return provider;
}

/** What the outside is told of a failure at a provider; the log is told the reason. */
export function toSocialProblem({ settings }: ServerContext, provider: string, error: unknown): unknown {
  if (!(error instanceof SocialFailed)) return error;
  const { code, reason } = error;
  settings.log({
    level: code === 'provider-answer' ? 'error' : 'warn',
    event: 'social.failed',
    provider,
    code,
    reason,
  });
  return new Problem(`social/${code}`);
}

/** Nonces are remembered for longer than a native token is taken. */
const NONCE_SECONDS = 1_200;

/**
 * Whom the ID token of an app is about. With a nonce it is good once.
 *
 * @throws {Problem} `social/unknown-provider`, `social/token`, `social/denied`, `social/provider-down`, `social/provider-answer`
 */
export async function judgeNativeToken(
  context: ServerContext,
  provider: Provider,
  given: NativeToken,
): Promise<SocialProfile> {
  const { store } = context;
  if (provider.verifyNative === undefined)
    throw new Problem('social/unknown-provider', {
      detail: 'this provider has no ID tokens for apps, or none is set up',
    });
  let profile: SocialProfile;
  try {
    profile = await provider.verifyNative(given);
  } catch (error) {
    throw toNativeProblem(context, provider.id, error);
  }
  if (given.nonce === undefined) return profile;
  const text = ['native-nonce', provider.id, given.nonce].join('\0');
  const hash = new Uint8Array(createHash('sha256').update(text).digest());
  if (await store.spendOnce(hash, NONCE_SECONDS)) return profile;
  throw new Problem('social/token', { members: { reason: 'token/nonce' } });
}

/** An app that brings a bad token is told what is wrong with it; what is wrong with the provider isn't the token's fault. */
function toNativeProblem(context: ServerContext, provider: string, error: unknown): unknown {
  if (!(error instanceof SocialFailed) || !error.reason.startsWith('token/'))
    return toSocialProblem(context, provider, error);
  const { code, reason } = error;
  context.settings.log({ level: 'warn', event: 'social.failed', provider, code, reason });
  return new Problem('social/token', { members: { reason } });
}
