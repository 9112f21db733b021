import type { AttackMaterial, BadToken } from './bad-token.ts';
import { encodingTokens } from './encoding-tokens.ts';
import { type AttackerKey, keyTokens } from './key-tokens.ts';
import { placeTokens } from './place-tokens.ts';
import { signatureTokens } from './signature-tokens.ts';

/** All bad tokens that can be made from a good one: groups T, K, J and C. With a signing key they are about twice as many. */
export function badTokens(material: AttackMaterial, attacker?: AttackerKey): readonly BadToken[] {
  const rows = [
    ...signatureTokens(material),
    ...keyTokens(material, attacker),
    ...encodingTokens(material),
    ...placeTokens(material),
  ];
  return rows.map(([id, title, token, code, choice]) => ({ id, title, token, code, isChoice: choice !== undefined }));
}
