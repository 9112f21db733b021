import * as crypto from 'node:crypto';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** A JWE of `dir` made part by part with node:crypto, so that any part can be wrong. */
export function sealDirect(
  secret: Uint8Array,
  plaintext: Uint8Array,
  header: string | object,
  change: { readonly encryptedKey?: string } = {},
): string {
  const protectedHeader = text(Buffer.from(typeof header === 'string' ? header : JSON.stringify(header)));
  const iv = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(Buffer.from(protectedHeader));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [protectedHeader, change.encryptedKey ?? '', text(iv), text(ciphertext), text(cipher.getAuthTag())].join('.');
}

/** The token with another text in one of its five segments. */
export function withSegment(token: string, index: number, change: (segment: string) => string): string {
  return token
    .split('.')
    .map((segment, at) => (at === index ? change(segment) : segment))
    .join('.');
}

/** The token with another header, everything else as it was. */
export function withHeader(token: string, change: (header: Record<string, unknown>) => object): string {
  return withSegment(token, 0, (segment) =>
    text(
      Buffer.from(
        JSON.stringify(change(JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>)),
      ),
    ),
  );
}

/** One bit of a segment's bytes turned over. */
export function flipBit(segment: string, at = 0): string {
  const bytes = Buffer.from(segment, 'base64url');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return text(bytes);
}

/** A segment's bytes with the last one gone. */
export function shorten(segment: string): string {
  return text(Buffer.from(segment, 'base64url').subarray(0, -1));
}

/** A segment's bytes with one more. */
export function lengthen(segment: string): string {
  return text(Buffer.concat([Buffer.from(segment, 'base64url'), Buffer.of(7)]));
}
