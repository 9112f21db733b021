import { existsSync } from 'node:fs';
import { createJwtSigner, decode, generatePrivateKey } from '@mapae/jwt';
import { expect, test } from 'vitest';
import { bundle } from '../../packages/jwt/test/bundle.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';

const chromium = findChromium();

test.skipIf(!existsSync(chromium))(
  '@mapae/jwt/decode runs in a browser, and reads there what it reads here (skipped: no Chromium)',
  async () => {
    const code = await bundle({ entry: "export * from '../src/decode.ts';", platform: 'browser' });
    const token = createJwtSigner({ key: generatePrivateKey('ES256'), typ: 'JWT' }).sign({
      sub: '마패',
      iat: 1,
      exp: 2,
    });
    const twice = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from('{"a":1,"a":2}').toString('base64url')}.AA`;
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      // as text: what stands here as a function would be rewritten on its way to the browser
      const source = `data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`;
      const read: unknown = await page.evaluate(`import(${JSON.stringify(source)}).then(({ decode }) =>
        ${JSON.stringify([token, twice, 'a.b'])}.map((text) => {
          try { return decode(text); } catch (error) { return error.name; }
        }))`);
      expect(read).toEqual([JSON.parse(JSON.stringify(decode(token))), 'TokenUndecodable', 'TokenUndecodable']);
    } finally {
      await browser.close();
    }
  },
);
