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
 * @throws {Problem} `social/unknown-provider`, `social/token`, `social/provider-down`
 */
export async function judgeNativeToken(
  context: ServerContext,
  provider: Provider,
  given: NativeToken,
): Promise<SocialProfile> {
  const { store, settings } = context;
  if (provider.verifyNative === undefined)
    throw new Problem('social/unknown-provider', {
      detail: 'this provider has no ID tokens for apps, or none is set up',
    });
  let profile: SocialProfile;
  try {
    profile = await provider.verifyNative(given);
  } catch (error) {
    if (!(error instanceof SocialFailed)) throw error;
    const { code, reason } = error;
    settings.log({ level: 'warn', event: 'social.failed', provider: provider.id, code, reason });
    if (code === 'provider-down') throw new Problem('social/provider-down');
    throw new Problem('social/token', reason.startsWith('token/') ? { members: { reason } } : {});
  }
  if (given.nonce === undefined) return profile;
  const text = ['native-nonce', provider.id, given.nonce].join('\0');
  const hash = new Uint8Array(createHash('sha256').update(text).digest());
  if (await store.spendOnce(hash, NONCE_SECONDS)) return profile;
  throw new Problem('social/token', { members: { reason: 'token/nonce' } });
}
