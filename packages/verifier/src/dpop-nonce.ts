import { createHmac, timingSafeEqual } from 'node:crypto';

/** Nonces that limit how long ago a proof can have been made, whatever the client's clock says. Nothing is stored. RFC 9449 §9 */
export interface DpopNonces {
  current(nowMs: number): string;
  /** True for the current nonce and the one before it. */
  isCurrent(nonce: unknown, nowMs: number): boolean;
}

const WINDOW_MS = 120_000;
const BYTES = 16;

/** @param key Shared by the processes of one API: at least 32 bytes. */
export function createDpopNonces(key: Uint8Array): DpopNonces {
  const nonceOf = (window: number): string =>
    createHmac('sha256', key).update(`mapae-dpop-nonce-1\0${window}`).digest().subarray(0, BYTES).toString('base64url');
  return {
    current: (nowMs) => nonceOf(Math.floor(nowMs / WINDOW_MS)),
    isCurrent(nonce, nowMs) {
      if (typeof nonce !== 'string') return false;
      const window = Math.floor(nowMs / WINDOW_MS);
      const [now, before] = [nonceOf(window), nonceOf(window - 1)];
      return equalTexts(nonce, now) || equalTexts(nonce, before);
    },
  };
}

function equalTexts(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
