/** Longest text that is signed or checked, in characters of ASCII; larger than every limit on tokens. */
export const LONGEST_INPUT = 65_536;
/** Longest signature: RSA of 16,384 bits has 2,048 bytes, ML-DSA-87 has 4,627. */
export const LONGEST_SIGNATURE = 8_192;

/** Buffers that synchronous code writes into and reads from before it returns; nothing may hold on to them. */
export const scratch: { readonly input: Buffer; readonly signature: Buffer; readonly der: Buffer } = {
  input: Buffer.allocUnsafeSlow(LONGEST_INPUT),
  signature: Buffer.allocUnsafeSlow(LONGEST_SIGNATURE),
  der: Buffer.allocUnsafeSlow(160),
};
