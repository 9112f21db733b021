import { createJwtSigner, importPrivateJwk, type JwtClaims } from '@mapae/jwt';
import { createEncryptedJwtSigner, encryptionKeyOf, generateDecryptionKey } from '@mapae/jwt/jwe';
import { createVerifier, type Verifier } from '@mapae/verifier';
import { decryptWith } from '@mapae/verifier/jwe';
import { freshStrings } from '../harness/fresh-strings.ts';
import type { Table } from '../harness/result.ts';
import { FULL_PACE, measureRounds, QUICK_PACE } from '../harness/rounds.ts';
import { median } from '../harness/statistics.ts';
import { AUDIENCE, ISSUER, makeClaims, makeMaterial } from '../jwt/material.ts';

/** Four times what a verifier remembers here. */
const TOKENS = 256;
const REMEMBERED = TOKENS / 4;

/** What an encrypted access token costs beside a signed one with the same claims: bytes, making, and a check. */
export async function measureTokenKinds(quick: boolean): Promise<Table> {
  const material = makeMaterial('ES256');
  const key = await generateDecryptionKey('ECDH-ES');
  const signer = createJwtSigner({ key: importPrivateJwk(material.privateJwk), typ: 'at+jwt' });
  const encrypted = createEncryptedJwtSigner({ signer, encryptionKey: encryptionKeyOf(key) });
  const claims = Array.from({ length: TOKENS }, (_, index): JwtClaims => ({ ...makeClaims(index) }));
  const kinds = [
    { name: 'signed, ES256', make: async (one: JwtClaims) => signer.sign(one) },
    { name: 'signed and encrypted, ECDH-ES and A256GCM', make: (one: JwtClaims) => encrypted.sign(one) },
  ];
  const create = (maxEntries: number): Verifier =>
    createVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      keys: { keys: [material.publicJwk] },
      feed: false,
      cache: { maxEntries, maxBytes: 64 * 1_048_576 },
      decryptionKeys: decryptWith(key),
    });
  const check = async (verifier: Verifier, token: string): Promise<void> => {
    await verifier.authenticate({ headers: ['authorization', `Bearer ${token}`] });
  };
  const rows: (string | number)[][] = [];
  for (const { name, make } of kinds) {
    const tokens = await Promise.all(claims.map(make));
    const [first = ''] = tokens;
    await prove(create(10), first);
    const strings = freshStrings(tokens);
    const few = freshStrings(tokens.slice(0, 16));
    const [unseen, seen] = [create(REMEMBERED), create(TOKENS)];
    let cursor = 0;
    const repeat = (work: () => Promise<unknown>) => async (count: number) => {
      for (let done = 0; done < count; done++) await work();
    };
    const measured = await measureRounds(
      [
        { name: 'make', run: repeat(() => make(claims[cursor++ % TOKENS] ?? {})) },
        { name: 'never seen', run: repeat(() => check(unseen, strings.at(cursor++))) },
        { name: 'seen before', run: repeat(() => check(seen, few.at(cursor++))) },
      ],
      quick ? QUICK_PACE : FULL_PACE,
    );
    rows.push([name, first.length, ...measured.map(({ nanoseconds }) => median(nanoseconds) / 1_000)]);
  }
  return {
    title: 'A token that only the API can read, the same claims',
    columns: ['token', 'bytes', 'made, µs', 'checked, never seen, µs', 'checked, seen before, µs'],
    rows,
  };
}

/** Lets a good one in and refuses one that was changed, or nothing is timed. */
async function prove(verifier: Verifier, token: string): Promise<void> {
  const outcome = (text: string): Promise<boolean> =>
    verifier.authenticate({ headers: ['authorization', `Bearer ${text}`] }).then(
      () => true,
      () => false,
    );
  const parts = token.split('.');
  const at = parts.length - 2;
  const part = parts[at] ?? '';
  const changed = parts.with(at, (part.startsWith('A') ? 'B' : 'A') + part.slice(1)).join('.');
  if (!(await outcome(token)) || (await outcome(changed))) throw new Error('the verifier does not judge');
}
