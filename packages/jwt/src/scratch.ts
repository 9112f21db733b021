/** Longest text that is signed or checked, in characters of ASCII; larger than every limit on tokens. */
export const LONGEST_INPUT = 65_536;
/** Longest signature: RSA of 16,384 bits has 2,048 bytes, ML-DSA-87 has 4,627. */
export const LONGEST_SIGNATURE = 8_192;
/** Most bytes of UTF-8 that a character of JavaScript comes to. */
export const UTF8_BYTES = 3;

/** Buffers that synchronous code writes into and reads from before it returns; nothing may hold on to them. */
export const scratch: { readonly input: Buffer; readonly signature: Buffer; readonly der: Buffer } = {
  // room for any text, so that one that was cut off can't be taken for one that was ASCII
  input: Buffer.allocUnsafeSlow(LONGEST_INPUT * UTF8_BYTES),
  signature: Buffer.allocUnsafeSlow(LONGEST_SIGNATURE),
  der: Buffer.allocUnsafeSlow(160),
};

const REMEMBERED = 64;

/** Beginnings of a buffer, by their length: to make one costs more than to find it again, and lengths repeat. */
export function beginningsOf(buffer: Buffer): (length: number) => Buffer {
  const views: Buffer[] = [];
  return (length) => {
    const place = length % REMEMBERED;
    let view = views[place];
    if (view?.length !== length) view = views[place] = buffer.subarray(0, length);
    return view;
  };
}

/** The beginning of the scratch input: what is signed lies there. */
export const signedPart: (length: number) => Buffer = beginningsOf(scratch.input);
