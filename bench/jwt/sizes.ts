import type { Table } from '../harness/result.ts';
import { ALGORITHMS, makeClaims, makeMaterial, makeToken } from './material.ts';

/** What the algorithm costs on the wire, for the same claims. */
export function sizeTable(): Table {
  return {
    title: 'Bytes of a token with the same claims (255 bytes of JSON)',
    columns: ['', ...ALGORITHMS],
    rows: [['bytes', ...ALGORITHMS.map((alg) => String(makeToken(makeMaterial(alg), makeClaims(1)).length))]],
  };
}
