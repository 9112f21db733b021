import type { ServerContext } from '../context.ts';
import { type Secret, type Secrets, seal, unseal } from '../secrets/secrets.ts';
import type { NewLogin, SealedTokens } from '../stores/login-store.ts';
import type { Store } from '../stores/store.ts';
import type { UpstreamTokens } from './provider.ts';

type Named = Pick<NewLogin, 'issuer' | 'subject'>;

/** A provider's tokens for a user, where the provider's `storeTokens` is set and somebody has signed in through it since. */
export async function findUpstreamTokens(
  { store, secrets }: ServerContext,
  userId: string,
  provider: string,
): Promise<UpstreamTokens | undefined> {
  const kept = await store.findSealedTokens(userId, provider);
  const secret = kept === undefined ? undefined : secrets.find(kept.secretId);
  if (kept === undefined || secret === undefined) return undefined;
  const text = unseal(secret, kept.sealed, labelOf(kept));
  // it was sealed here: its shape is ours
  return text === undefined ? undefined : (JSON.parse(text) as UpstreamTokens);
}

export function sealTokens({ current }: Secrets, login: Named, tokens: UpstreamTokens): SealedTokens {
  return sealText(current, login, JSON.stringify(tokens));
}

const PAGE = 100;

/**
 * Seals anew, under the secret in use, whatever tokens rest under one of the others: when that one is taken away, nothing is lost with it.
 *
 * @returns How many there were; those that can't be opened stay as they are.
 * @throws {StoreFailed}
 * @see docs/adr/0063
 */
export async function resealTokens(
  store: Pick<Store, 'listTokensUnder' | 'resealTokens'>,
  current: Secret,
  others: readonly Secret[],
): Promise<number> {
  let resealed = 0;
  for (const other of others) {
    for (let after: string | undefined, isOver = false; !isOver; ) {
      const page = await store.listTokensUnder(other.id, after, PAGE);
      const anew = page.flatMap((kept) => {
        const text = unseal(other, kept.sealed, labelOf(kept));
        if (text === undefined) return [];
        return [{ ...sealText(current, kept, text), loginId: kept.loginId, before: kept.sealed }];
      });
      if (anew.length > 0) await store.resealTokens(anew);
      resealed += anew.length;
      after = page.at(-1)?.loginId;
      isOver = page.length < PAGE;
    }
  }
  return resealed;
}

function sealText(secret: Secret, login: Named, text: string): SealedTokens {
  return { sealed: Uint8Array.from(seal(secret, text, labelOf(login))), secretId: secret.id };
}

/** What a provider's tokens are sealed for: those of one person can't be put in another's place. */
function labelOf({ issuer, subject }: Named): string {
  return JSON.stringify(['mapae/login-tokens/1', issuer, subject]);
}
