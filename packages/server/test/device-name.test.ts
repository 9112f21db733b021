import { expect, test } from 'vitest';
import { nameDevice } from '../src/devices/device-name.ts';

const AGENTS: readonly (readonly [userAgent: string | undefined, name: string | undefined])[] = [
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    'Chrome on Windows',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1',
    'Chrome on iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
    'Samsung Internet on Android',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Whale/4.34 Safari/537.36',
    'Whale on Windows',
  ],
  ['curl/8.14.1', 'curl'],
  ['node', 'node'],
  ['Mozilla/5.0 (Linux; Android 10; K)', 'Android'],
  ['something of its own', undefined],
  ['', undefined],
  [undefined, undefined],
];

test.each(AGENTS)('%s is %s', (userAgent, name) => {
  expect(nameDevice(userAgent)).toBe(name);
});

test('a header made to be slow, or to be shown, is neither', () => {
  const began = performance.now();
  expect(nameDevice(`Version/${'1.'.repeat(100_000)}`)).toBeUndefined();
  expect(nameDevice('<script>alert(1)</script> Chrome/1 Windows NT')).toBe('Chrome on Windows');
  expect(performance.now() - began).toBeLessThan(200);
});
