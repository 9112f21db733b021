import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fits, readTranscript } from './transcript.ts';

const read = (name: string): string => readFileSync(new URL(`../../docs/guides/${name}`, import.meta.url), 'utf8');

test('a transcript is its commands and what was printed under each', () => {
  const page = 'a\n```console\n$ one\n1\n2\n$ two \\\n> more\n```\n```sh\n$ not this\n```\n';
  expect(readTranscript(page)).toEqual([
    { command: 'one', printed: ['1', '2'] },
    { command: 'two \\\nmore', printed: [] },
  ]);
  expect(() => readTranscript('```console\nprinted\n```\n')).toThrow('begins');
});

test('… stands for anything, and nothing else does', () => {
  expect([fits('{"a":"x.y"}', '{"a":"…"}'), fits('{"a":1} ', '{"a":…}'), fits('axc', 'a.c')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('the guide in Korean has the commands of the one in English, and what they printed', () => {
  const [english, korean] = [read('token-explained.md'), read('token-explained.ko.md')].map(readTranscript);
  expect(english?.length).toBeGreaterThan(30);
  expect(korean).toEqual(english);
});
