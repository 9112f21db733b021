import { TokenRejected } from './errors.ts';

/** Five segments: header, encrypted key, initialisation vector, ciphertext, tag. RFC 7516 §7.1 */
const JWE = /^[\w-]+(?:\.[\w-]*){3}\.[\w-]+$/;

/** Names what was given instead of a signed token in compact form. RFC 7515 §7.1, §7.2 */
export function refuseShape(token: unknown): TokenRejected {
  if (typeof token === 'string') {
    if (token.trimStart().startsWith('{') && token.includes('"payload"')) return new TokenRejected('token/json');
    return new TokenRejected(JWE.test(token) ? 'token/encrypted' : 'token/malformed');
  }
  const isJson = typeof token === 'object' && token !== null && 'payload' in token;
  return new TokenRejected(isJson ? 'token/json' : 'token/malformed');
}
