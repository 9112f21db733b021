import type { ServerContext } from '../context.ts';
import { unseal } from '../secrets/secrets.ts';
import { tokensLabel } from './account.ts';
import type { UpstreamTokens } from './provider.ts';

/** A provider's tokens for a user, where the provider's `storeTokens` is set and somebody has signed in through it since. */
export async function findUpstreamTokens(
  { store, secrets }: ServerContext,
  userId: string,
  provider: string,
): Promise<UpstreamTokens | undefined> {
  const kept = await store.findSealedTokens(userId, provider);
  const secret = kept === undefined ? undefined : secrets.find(kept.secretId);
  if (kept === undefined || secret === undefined) return undefined;
  const text = unseal(secret, kept.sealed, tokensLabel(kept));
  // it was sealed here: its shape is ours
  return text === undefined ? undefined : (JSON.parse(text) as UpstreamTokens);
}
