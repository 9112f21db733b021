import { setTimeout as pause } from 'node:timers/promises';
import type { Violation } from './observer.ts';

/** Sees the key sets that servers publish, and says of a token's key whether it was known for long enough. */
export interface KeyObserver {
  /** A token that was handed out just now. */
  judge(token: string): readonly Violation[];
  /** Kids that signed a token which was judged. */
  readonly used: ReadonlySet<string>;
  stop(): Promise<void>;
}

const EVERY_MS = 100;
/** A server reads the keys each second. */
const READ_MS = 1_000;

export function kidOf(token: string): string {
  const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { readonly kid: string };
  return header.kid;
}

/**
 * Looks at each server's key set all the time, from the outside.
 *
 * @param leadMs  I7: for so long a key is published, everywhere, before it signs.
 */
export async function observeKeys(servers: () => readonly string[], leadMs: number): Promise<KeyObserver> {
  /** When each kid was first seen at each server; those of the first look have always been there. */
  const seen = new Map<string, Map<string, number>>();
  const used = new Set<string>();
  let first = true;
  let lastLook = performance.now();
  let widestGap = 0;

  async function look(): Promise<void> {
    for (const server of servers()) {
      const answer = await fetch(`${server}/.well-known/jwks.json`).catch(() => undefined);
      if (answer?.status !== 200) continue;
      const { keys } = (await answer.json()) as { readonly keys: readonly { readonly kid: string }[] };
      for (const { kid } of keys) {
        const places = seen.get(kid) ?? new Map<string, number>();
        seen.set(kid, places);
        if (!places.has(server)) places.set(server, first ? Number.NEGATIVE_INFINITY : performance.now());
      }
    }
    const now = performance.now();
    if (!first) widestGap = Math.max(widestGap, now - lastLook);
    lastLook = now;
  }

  await look();
  first = false;
  let over = false;
  const looking = (async () => {
    while (!over) {
      await look();
      await pause(EVERY_MS);
    }
  })();

  return {
    used,
    judge(token) {
      const kid = kidOf(token);
      used.add(kid);
      const places = seen.get(kid);
      if (places === undefined)
        return [{ invariant: 'I7', what: `a token is signed by ${kid}, which nobody publishes` }];
      const known = performance.now() - Math.max(...places.values());
      if (known >= leadMs - READ_MS - widestGap) return [];
      return [{ invariant: 'I7', what: `a token is signed by ${kid}, published ${Math.round(known)} ms ago` }];
    },
    async stop() {
      over = true;
      await looking;
    },
  };
}
