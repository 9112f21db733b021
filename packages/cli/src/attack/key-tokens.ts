import * as crypto from 'node:crypto';
import { type AttackMaterial, encode, type Row, takeApart } from './bad-token.ts';
import { generateFor, rawSigner } from './raw-signer.ts';

const KID = 'attacker';

/** A key pair that the issuer doesn't know. */
export interface AttackerKey {
  readonly alg: string;
  readonly jwk: object;
  sign(header: object, payload: string): string;
}

/** @param own Algorithm of the issuer: a verifier that trusts any key may still ask for that. */
export function createAttackerKey(own: string): AttackerKey {
  const { alg, key } = generateFor(own);
  const signRaw = rawSigner(alg, key);
  return {
    alg,
    jwk: { ...crypto.createPublicKey(key).export({ format: 'jwk' }), alg, use: 'sig', kid: KID },
    sign(header, payload) {
      const input = `${encode(header)}.${payload}`;
      return `${input}.${signRaw?.(input) ?? ''}`;
    },
  };
}

/** Group K: keys that the token brings or points at. */
export function keyTokens(material: AttackMaterial, attacker?: AttackerKey): Row[] {
  const { withHeader, payload, members } = takeApart(material);
  const { jwk, alg, sign } = attacker ?? createAttackerKey(String(members['alg']));
  const ownKid = { ...members, alg };
  const otherKid = { ...ownKid, kid: KID };
  const known = members['alg'] === alg ? 'token/signature' : 'token/algorithm';
  const hmac = (kid: string, secret: string): string => {
    const input = `${encode({ ...members, alg: 'HS256', kid })}.${payload}`;
    return `${input}.${crypto.createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  // each kind of bait under the issuer's kid, and under the attacker's own
  const baits: readonly (readonly [id: string, title: string, bait: object])[] = [
    ['K01', 'the key in jwk', { jwk: jwk }],
    ['K02', 'a key set at jku', { jku: `${material.lure}jwks.json` }],
    ['K03', 'a certificate at x5u', { x5u: `${material.lure}c.pem` }],
    ['K03', 'a certificate in x5c', { x5c: ['MIIB'] }],
    ['K04', 'a key set in jwks', { jwks: { keys: [jwk] } }],
  ];
  return [
    ...baits.flatMap(([id, title, bait]): Row[] => [
      [id, `signed by ${title}`, sign({ ...ownKid, ...bait }, payload), known],
      [id, `signed by ${title}, under its own kid`, sign({ ...otherKid, ...bait }, payload), 'token/unknown-key'],
    ]),
    ['K05', 'another key under its own kid', sign(otherKid, payload), 'token/unknown-key'],
    ['K06', 'another key under our kid', sign(ownKid, payload), known],
    ['K07', 'kid of an empty file, HS256 with nothing', hmac('../../../../../dev/null', ''), 'token/unknown-key'],
    ['K08', 'kid that selects the secret x', hmac("' UNION SELECT 'x", 'x'), 'token/unknown-key'],
    ...[
      '../../dev/null',
      "' OR 1=1 --",
      '$(id)',
      '{{7*7}}',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      '*)(uid=*))(|(uid=*',
      '{"$ne":null}',
      "' UNION SELECT 'x",
      '\u0000',
      '\n',
      'x'.repeat(2_000),
      `${material.lure}kid`,
      '',
    ].map((kid): Row => ['K07', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/unknown-key']),
    ...[1, null, {}, ['x'], true].map(
      (kid): Row => ['K10', `kid ${JSON.stringify(kid)}`, withHeader({ kid }), 'token/header'],
    ),
  ];
}
