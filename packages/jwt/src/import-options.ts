import { type Algorithm, type AlgorithmRow, findAlgorithm } from './algorithms.ts';
import { KeyRejected } from './errors.ts';
import type { KeyStrength } from './key-strength.ts';
import type { KeyOptions } from './keys.ts';
import { refuseUnknown } from './options.ts';

export interface ImportOptions extends KeyOptions, KeyStrength {
  /** The algorithm the key is for. Needed where the key says none; where it says one, they have to agree. RFC 7517 §4.4 */
  readonly alg?: Algorithm | undefined;
}

export const IMPORT_OPTIONS = ['alg', 'kid', 'dangerouslyAllowSmallExponent'] as const;

/** The row of the algorithm that was asked for, for keys that can't say one themselves. @throws {KeyRejected} `key/algorithm` */
export function rowAskedFor(options: ImportOptions, kind: 'pair' | 'secret'): AlgorithmRow {
  refuseUnknown(options, [...IMPORT_OPTIONS, 'passphrase']);
  const row = findAlgorithm(options.alg);
  if (row === undefined || (row.family === 'hmac') !== (kind === 'secret')) throw new KeyRejected('key/algorithm');
  return row;
}
