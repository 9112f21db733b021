import type { Library, Setup } from './libraries.ts';
import { type Material, makeClaims, makeToken, signatureHolds } from './material.ts';

/**
 * Lets a library judge a good token and three bad ones before it is timed: a fast library that lets anything in is not fast.
 *
 * @throws {Error} naming the library and what it let in or refused.
 */
export async function prove(setup: Setup, library: Library, material: Material): Promise<void> {
  const claims = makeClaims(7);
  const good = makeToken(material, claims);
  const { verify, sign } = library;
  const who = `${setup.name} with ${material.alg}`;
  if (verify !== undefined) {
    const judged = async (token: string): Promise<unknown> => verify(token);
    const seen = await judged(good);
    if (!isClaimsOf(seen, claims.sub)) throw new Error(`${who} does not give the claims of a good token`);
    const now = Math.floor(Date.now() / 1_000);
    const bad = {
      'a changed signature': changed(good),
      'an expired token': makeToken(material, makeClaims(8, { iat: now - 600, exp: now - 300 })),
      'a token for another audience': makeToken(material, makeClaims(9, { aud: 'https://elsewhere.example' })),
    };
    for (const [what, token] of Object.entries(bad)) {
      const letIn = await judged(token).then(
        () => true,
        () => false,
      );
      if (letIn) throw new Error(`${who} let in ${what}`);
    }
  }
  if (sign !== undefined) {
    const made = await sign(claims);
    // judged by the primitive, not by the library itself
    if (typeof made !== 'string' || !signatureHolds(material, made)) throw new Error(`${who} signs wrongly`);
  }
}

function isClaimsOf(value: unknown, subject: string): boolean {
  return typeof value === 'object' && value !== null && 'sub' in value && value.sub === subject;
}

/** Another character in the middle of the signature. */
function changed(token: string): string {
  const place = token.length - 20;
  return `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
}
