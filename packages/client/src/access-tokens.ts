/** An access token, and when it came by the monotonic clock. The wall clock, and `exp` with it, may be years off. */
interface CachedToken {
  readonly text: string;
  readonly receivedAt: number;
  readonly lifeMs: number;
}

/** Access tokens, one for each resource; in memory only. */
export interface AccessTokens {
  /** @returns A token with life in it, and whether so little that it should be renewed. */
  find(resource: string): { readonly text: string; readonly isDue: boolean } | undefined;
  set(resource: string, text: string, lifeMs: number): void;
  /** Forgets a token that was refused; not one that has replaced it since. */
  drop(resource: string, text: string): void;
  clear(): void;
}

const LONGEST_MARGIN_MS = 30_000;

export function createAccessTokens(monotonic: () => number): AccessTokens {
  const tokens = new Map<string, CachedToken>();
  return {
    find(resource) {
      const token = tokens.get(resource);
      if (token === undefined) return undefined;
      const leftMs = token.receivedAt + token.lifeMs - monotonic();
      if (leftMs <= 0) return undefined;
      return { text: token.text, isDue: leftMs < Math.min(LONGEST_MARGIN_MS, token.lifeMs / 10) };
    },
    set(resource, text, lifeMs) {
      tokens.set(resource, { text, lifeMs, receivedAt: monotonic() });
    },
    drop(resource, text) {
      if (tokens.get(resource)?.text === text) tokens.delete(resource);
    },
    clear: () => tokens.clear(),
  };
}
