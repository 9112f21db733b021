import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { generateTimeOrderedId } from '@mapae/jwt';

/** Writes refresh tokens of grants that were put into the database here, from the server's secret and epoch. docs/protocol.md §2 */
export function refreshTokenWriter(secret: string, epoch: Uint8Array): (grantId: string) => string {
  const derive = (info: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', info, 32));
  const secretId = derive('mapae/secret-id/1').subarray(0, 4).toString('base64url');
  const key = derive('mapae/refresh/1');
  const counter = Buffer.alloc(8);
  return (grantId) => {
    const tag = createHmac('sha256', key).update(epoch).update(Buffer.from(grantId, 'base64url')).update(counter);
    return `mr1.${secretId}.${grantId}.0.${tag.digest('base64url')}`;
  };
}

const MONTH_MS = 30 * 86_400_000;

/** Ids of things that came into being some time in the last month, in no order. */
export function idsOfAMonth(count: number): string[] {
  const now = Date.now();
  return Array.from({ length: count }, () =>
    generateTimeOrderedId(Math.floor(now - Math.random() * MONTH_MS), (bytes) => randomBytes(bytes)),
  );
}
