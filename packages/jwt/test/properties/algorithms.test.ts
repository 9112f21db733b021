import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createJwtSigner,
  createJwtVerifier,
  type JwtClaims,
  rememberTokens,
  SigningRefused,
  TokenRejected,
} from '../../src/index.ts';
import { pairsOfAllAlgorithms, type SigningPair } from './keys-for-all.ts';

const now = Date.UTC(2026, 10, 24);
const iat = now / 1_000;
const base = { iss: 'https://a.example', aud: 'b', iat, exp: iat + 60 };
const pairs = pairsOfAllAlgorithms();

function both({ signing, verifying }: SigningPair) {
  const signer = createJwtSigner({ key: signing, typ: 'JWT', budgetBytes: 65_536 });
  const options = { issuer: base.iss, audience: base.aud, typ: 'JWT', clock: () => now, maxTokenBytes: 65_536 };
  const verifier = createJwtVerifier({ ...options, keys: verifying });
  const caching = createJwtVerifier({
    ...options,
    keys: verifying,
    cache: rememberTokens({ maxEntries: 16, maxBytes: 2 ** 20 }),
  });
  return { signer, verifier, caching };
}

/** Signs, or lets fast-check pick other claims where a name looks like personal data. */
function signOrSkip(sign: () => string): string {
  try {
    return sign();
  } catch (error) {
    fc.pre(!(error instanceof SigningRefused && error.code === 'sign/readable-claim'));
    throw error;
  }
}

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const anyClaims = fc.record({
  sub: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  data: fc.dictionary(text, fc.jsonValue({ maxDepth: 4, stringUnit: 'grapheme' }), { maxKeys: 5 }),
});

test('every algorithm that the runtime has is here', () => {
  expect(pairs.map(({ alg }) => alg)).toEqual(
    expect.arrayContaining(['HS512', 'RS256', 'PS384', 'ES512', 'EdDSA', 'Ed448']),
  );
});

test.each(pairs)('RFC 7519 §7: $alg: whatever was signed comes back, remembered or not', (pair) => {
  const { signer, verifier, caching } = both(pair);
  fc.assert(
    fc.property(anyClaims, (more) => {
      const claims = { ...base, ...more } as JwtClaims;
      const token = signOrSkip(() => signer.sign(claims));
      const expected = JSON.stringify(claims);
      expect(JSON.stringify(verifier.verify(token))).toBe(expected);
      expect(JSON.stringify(caching.verify(token))).toBe(expected);
      expect(JSON.stringify(caching.verify(token))).toBe(expected);
    }),
    { numRuns: 15 },
  );
});

test.each(pairs)(
  'RFC 7515 §5.2: $alg: a token with any bit turned over is refused, beside the remembered one too',
  (pair) => {
    const { signer, verifier, caching } = both(pair);
    const token = signer.sign({ ...base, sub: 'c' });
    caching.verify(token);
    const bytes = Buffer.from(token);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(bytes);
        changed[at] = (bytes[at] ?? 0) ^ (1 << bit);
        for (const one of [verifier, caching])
          expect(() => one.verify(changed.toString('latin1'))).toThrow(TokenRejected);
      }),
      { numRuns: 40 },
    );
  },
);

test.each(pairs)(
  'RFC 8725 §3.1: $alg: the token is refused under every other key, whatever its header says',
  (pair) => {
    const { kid } = pair.verifying;
    const token = both(pair).signer.sign({ ...base, sub: 'c' });
    const [, payload, signature] = token.split('.');
    for (const other of pairs) {
      if (other === pair) continue;
      const header = { alg: other.alg, typ: 'JWT', kid: other.verifying.kid };
      const renamed = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}.${signature}`;
      const { verifier } = both(other);
      for (const wrong of [token, renamed])
        expect(() => verifier.verify(wrong), `${kid} ${other.alg}`).toThrow(TokenRejected);
    }
  },
);
