import type { KeyObject } from 'node:crypto';
import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { type Contestant, inFlight } from '../harness/rounds.ts';
import { type Material, makeClaims, PSS, signingInput } from './material.ts';

export const RAW = 'node:crypto';
export const RAW_POOL = 'node:crypto on the thread pool, 32 in flight';
export const RAW_HMAC = 'node:crypto createHmac';
export const RAW_HASHES = 'node:crypto, two hashes over ready-made pads';

type KeyArgument = KeyObject | (typeof PSS & { readonly key: KeyObject });

/** The bare primitive in its fastest form: bare key objects, DER for ECDSA, bytes ready-made. What no token library can be ahead of by itself. */
export function rawContestants(material: Material, count: number, work: 'verify' | 'sign'): Contestant[] {
  const inputs = Array.from({ length: count }, (_, index) => Buffer.from(signingInput(material, makeClaims(index))));
  if (material.alg === 'HS256') return hmacContestants(material.privateKey, inputs);
  const hash = material.alg === 'EdDSA' || material.alg === 'ML-DSA-44' ? null : 'sha256';
  const argument = (key: KeyObject): KeyArgument => (material.alg === 'PS256' ? { key, ...PSS } : key);
  const [privateKey, publicKey] = [argument(material.privateKey), argument(material.publicKey)];
  const pairs = inputs.map((data) => ({ data, signature: crypto.sign(hash, data, privateKey) }));
  const at = (index: number) => {
    const pair = pairs[index % count];
    if (pair === undefined) throw new RangeError('no input');
    return pair;
  };
  const first = at(0);
  if (!crypto.verify(hash, first.data, publicKey, first.signature))
    throw new Error('the primitive refused its own signature');
  if (crypto.verify(hash, at(1).data, publicKey, first.signature)) throw new Error('the primitive let anything in');
  const verifyOnPool = promisify(crypto.verify) as (
    h: string | null,
    d: Buffer,
    k: KeyArgument,
    s: Buffer,
  ) => Promise<boolean>;
  const signOnPool = promisify(crypto.sign) as (h: string | null, d: Buffer, k: KeyArgument) => Promise<Buffer>;
  let cursor = 0;
  return [
    {
      name: RAW,
      run(times) {
        for (let done = 0; done < times; done++) {
          const { data, signature } = at(cursor++);
          if (work === 'sign') crypto.sign(hash, data, privateKey);
          else if (!crypto.verify(hash, data, publicKey, signature)) throw new Error('refused');
        }
      },
    },
    {
      name: RAW_POOL,
      run: (times) =>
        inFlight(times, 32, async () => {
          const { data, signature } = at(cursor++);
          if (work === 'sign') await signOnPool(hash, data, privateKey);
          else if (!(await verifyOnPool(hash, data, publicKey, signature))) throw new Error('refused');
        }),
    },
  ];
}

function hmacContestants(key: KeyObject, inputs: readonly Buffer[]): Contestant[] {
  const byHmac = (data: Buffer): string => crypto.createHmac('sha256', key).update(data).digest('base64url');
  const byHashes = hmacOfPads(key.export());
  const known = inputs.map((data) => ({ data, text: data.toString('latin1'), mac: byHmac(data) }));
  if (known.some(({ text, mac }) => byHashes(text) !== mac)) throw new Error('the two ways of the HMAC differ');
  let cursor = 0;
  const next = () => {
    const one = known[cursor++ % known.length];
    if (one === undefined) throw new RangeError('no input');
    return one;
  };
  return [
    {
      name: RAW_HMAC,
      run(times) {
        for (let done = 0; done < times; done++) {
          const { data, mac } = next();
          if (byHmac(data) !== mac) throw new Error('refused');
        }
      },
    },
    {
      name: RAW_HASHES,
      run(times) {
        for (let done = 0; done < times; done++) {
          const { text, mac } = next();
          if (byHashes(text) !== mac) throw new Error('refused');
        }
      },
    },
  ];
}

const BLOCK = 64;
const LONGEST = 8_192;

/** RFC 2104 §2 with both padded keys made once, over one buffer each; the text has one byte a character. */
function hmacOfPads(secret: Buffer): (text: string) => string {
  const padded = Buffer.concat([secret], BLOCK);
  const inner = Buffer.concat([padded.map((byte) => byte ^ 0x36)], BLOCK + LONGEST);
  const outer = Buffer.concat([padded.map((byte) => byte ^ 0x5c)], BLOCK + 32);
  return (text) => {
    const length = inner.write(text, BLOCK, 'latin1');
    outer.write(crypto.hash('sha256', inner.subarray(0, BLOCK + length), 'latin1'), BLOCK, 'latin1');
    return crypto.hash('sha256', outer, 'base64url');
  };
}
