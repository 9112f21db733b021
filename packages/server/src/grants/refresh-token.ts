import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64url, timeOfId } from '@mapae/jwt';
import type { Secret } from '../secrets/secrets.ts';

/** A refresh token, taken apart; nothing is checked yet. docs/protocol.md §2 */
export interface RefreshToken {
  readonly secretId: string;
  readonly grantId: string;
  readonly counter: number;
  readonly tag: Uint8Array;
}

const FORM = /^mr1\.([\w-]{6})\.([\w-]{22})\.(0|[1-9]\d{0,15})\.([\w-]{43})$/;

/** @returns undefined for anything but the one spelling of a refresh token. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, secretId, grantId, digits, tagText] = FORM.exec(text) ?? [];
  if (secretId === undefined || grantId === undefined || digits === undefined || tagText === undefined)
    return undefined;
  const counter = Number(digits);
  if (!Number.isSafeInteger(counter) || timeOfId(grantId) === undefined) return undefined;
  try {
    return { secretId, grantId, counter, tag: decodeBase64url(tagText) };
  } catch {
    return undefined;
  }
}

/** Writes the refresh token of a grant's counter. The same inputs give the same token: that is what `retry` relies on. */
export function formatRefreshToken(secret: Secret, epoch: Uint8Array, grantId: string, counter: number): string {
  const tag = makeTag(secret, epoch, grantId, counter).toString('base64url');
  return `mr1.${secret.id}.${grantId}.${counter}.${tag}`;
}

/** Compared in constant time: the tag is what stands between a guess and the database. */
export function tagHolds(secret: Secret, epoch: Uint8Array, token: RefreshToken): boolean {
  const expected = makeTag(secret, epoch, token.grantId, token.counter);
  return token.tag.length === expected.length && timingSafeEqual(expected, token.tag);
}

function makeTag(secret: Secret, epoch: Uint8Array, grantId: string, counter: number): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(counter));
  // fixed widths: no two inputs run together
  return createHmac('sha256', secret.refreshKey).update(epoch).update(decodeBase64url(grantId)).update(number).digest();
}
