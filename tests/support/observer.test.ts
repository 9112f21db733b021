import { expect, test } from 'vitest';
import { type Exchange, judge } from './observer.ts';

const at = { began: 0, ended: 1, family: 'f' };
const invariants = (exchanges: readonly Exchange[]) => judge(exchanges, '', []).map((one) => one.invariant);

test('a plain life breaks nothing', () => {
  expect(
    judge(
      [
        { ...at, did: 'sign-in', status: 200, refreshToken: 'a' },
        { ...at, did: 'call', token: 'good', status: 200 },
        { ...at, did: 'refresh', presented: 'a', received: undefined, intent: 'honest', status: undefined },
        { ...at, did: 'refresh', presented: 'a', received: 'b', intent: 'honest', status: 200 },
        { ...at, did: 'refresh', presented: 'b', received: 'b', intent: 'honest', status: 200 },
        { ...at, began: 5, ended: 6, did: 'sign-out', status: 204 },
        { ...at, began: 900, ended: 901, did: 'call', token: 'good', status: 200 },
        { ...at, began: 1_100, ended: 1_101, did: 'call', token: 'good', status: 401 },
      ],
      'nothing',
      ['secret'],
    ),
  ).toEqual([]);
});

test.each<[string, Exchange[]]>([
  ['I1', [{ ...at, did: 'call', token: 'bad', status: 200 }]],
  [
    'I1',
    [
      { ...at, did: 'sign-out', status: 204 },
      { ...at, began: 1_002, ended: 1_003, did: 'call', token: 'good', status: 200 },
    ],
  ],
  [
    'I2',
    [
      { ...at, did: 'refresh', presented: 'a', received: 'b', intent: 'honest', status: 200 },
      { ...at, did: 'refresh', presented: 'a', received: 'c', intent: 'honest', status: 200 },
    ],
  ],
  ['I3', [{ ...at, did: 'refresh', presented: 'a', received: undefined, intent: 'honest', status: 400 }]],
  [
    'I4',
    [
      { ...at, did: 'refresh', presented: 'a', received: undefined, intent: 'honest', status: undefined },
      { ...at, began: 2, ended: 3, did: 'refresh', presented: 'a', received: undefined, intent: 'honest', status: 400 },
    ],
  ],
  ['I5', [{ ...at, did: 'refresh', presented: 'a', received: 'b', intent: 'replay', status: 200 }]],
  ['I6', [{ ...at, did: 'call', token: 'good', status: 500 }]],
  ['I6', [{ ...at, ended: 20_000, did: 'call', token: 'good', status: 200 }]],
])('%s is seen when it is broken', (invariant, exchanges) => {
  expect(invariants(exchanges)).toContain(invariant);
});

test('I10 is seen when a secret stands in a log', () => {
  expect(judge([], 'token=secret', ['secret']).map((one) => one.invariant)).toEqual(['I10']);
});
