import { createNestedJwtOpener, type EncryptedJwtVerifierOptions } from '@mapae/jwt/jwe';
import type { TokenOpener } from './token-opener.ts';

/**
 * What the option `decryptionKeys` of a verifier takes: the keys that open tokens which were encrypted for this API. An entry of its own, since
 * it needs the package `jose`, and an API without encrypted tokens needs nothing.
 *
 * @param keys One key, a set, or a function that gives the set in force: the next key first, the old one until its last token is over.
 * @throws {TypeError} where it is none of them.
 * @see RFC 7519 §11.2, RFC 7516 §5.2
 */
export function decryptWith(keys: EncryptedJwtVerifierOptions['decryptionKeys']): TokenOpener {
  return createNestedJwtOpener({ decryptionKeys: keys });
}
