import { exportPublicJwk, generatePrivateKey, type PrivateKey } from '@mapae/jwt';
import { createVerifier, RequestRefused } from '@mapae/verifier';
import { expect, test } from 'vitest';
import { startScriptedIssuer, until } from '../../packages/verifier/test/scripted-issuer.ts';

// X8: keys that change every two seconds, with no lead. The issuer signs with a key from the moment at which it publishes it.

const ROTATIONS = 5;
const EVERY_MS = 2_000;
/** A frame that could not be read, its cool-down of a second, and a fetch. */
const FOLLOWS_WITHIN_MS = 1_800;

test('keys that rotate every 2 s: each new one is followed by the feed, an old one is out with its set, and fetches are bounded', async () => {
  const issuer = await startScriptedIssuer();
  const verifier = createVerifier({ issuer: issuer.issuer, audience: 'https://api.example', jitter: () => 0 });
  const outcome = async (token: string): Promise<string> => {
    try {
      await verifier.authenticate({ headers: { authorization: `Bearer ${token}` } });
      return 'let in';
    } catch (error) {
      if (error instanceof RequestRefused) return `${error.status} ${error.code}`;
      throw error;
    }
  };
  let signing: PrivateKey = issuer.key;
  const beat = setInterval(() => issuer.send(issuer.frame('heartbeat', {}, { key: signing })), 500);
  try {
    issuer.answers.set('/events/revocations', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (): void =>
        void response.write(`id: x\ndata: ${issuer.frame('heartbeat', {}, { key: signing })}\n\n`);
      send();
      const timer = setInterval(send, 500);
      response.on('close', () => clearInterval(timer));
    });
    await verifier.ready();
    const began = performance.now();
    let old = issuer.token({}, signing);
    expect(await outcome(old)).toBe('let in');
    const seen = new Set<string>();
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      const rotated = performance.now();
      signing = generatePrivateKey('ES256');
      issuer.publish([exportPublicJwk(signing)]);
      const fresh = issuer.token({}, signing);
      // requests go on meanwhile, with both
      await until(async () => {
        const [one, other] = [await outcome(fresh), await outcome(old)];
        seen.add(one).add(other);
        return one === 'let in' && other !== 'let in';
      }, FOLLOWS_WITHIN_MS);
      expect(await outcome(old)).toBe('401 token/unknown-key');
      old = fresh;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - (performance.now() - rotated))));
    }
    // never 500, never anything but a verdict on the token
    expect([...seen].toSorted()).toEqual(['401 token/unknown-key', 'let in']);
    const seconds = (performance.now() - began) / 1_000;
    expect(issuer.count('/jwks')).toBeLessThanOrEqual(2 + seconds);
    expect(issuer.count('/jwks')).toBeGreaterThanOrEqual(ROTATIONS);
  } finally {
    clearInterval(beat);
    verifier.close();
    await issuer.close();
  }
});
