/** Opens tokens that were encrypted for this API. `decryptWith` of @mapae/verifier/jwe makes one. */
export interface TokenOpener {
  /** @throws {TokenRejected} `token/decryption` and others */
  open(token: string): Promise<OpenedToken>;
}

/** The token inside, which is judged like one that came without a cover. */
export interface OpenedToken {
  readonly signed: string;
  /** Compares claims that were repeated outside with those that were verified. RFC 7519 §5.3 @throws {TokenRejected} */
  checkRepeated(claims: Readonly<Record<string, unknown>>): void;
}

/** Five segments: header, encrypted key, initialisation vector, ciphertext, tag. RFC 7516 §7.1 */
export function isEncrypted(token: string): boolean {
  let dots = 0;
  for (let at = token.indexOf('.'); at !== -1 && dots <= SEGMENTS; at = token.indexOf('.', at + 1)) dots++;
  return dots === SEGMENTS - 1;
}

const SEGMENTS = 5;
