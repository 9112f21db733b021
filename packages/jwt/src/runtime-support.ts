import * as crypto from 'node:crypto';
import type { AlgorithmRow } from './algorithms.ts';

const generate = crypto.generateKeyPairSync as (type: string, options: object) => unknown;
const answers = new Map<string, boolean>();

/**
 * True when the runtime's OpenSSL (or BoringSSL) has the algorithm. Tried once, by making a key: there is no list to ask.
 * RSA isn't tried, every runtime has it and a key takes long.
 */
export function isSupported({ keyType, curve, kty }: AlgorithmRow): boolean {
  if (kty === 'RSA' || kty === 'oct') return true;
  const name = curve ?? keyType;
  let answer = answers.get(name);
  if (answer === undefined) {
    answer = succeeds(() => generate(keyType, curve === undefined ? {} : { namedCurve: curve }));
    answers.set(name, answer);
  }
  return answer;
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
