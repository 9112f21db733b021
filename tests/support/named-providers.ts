import { generateKeyPairSync } from 'node:crypto';

/** The option `social` with every provider that has a name here. Nobody signs in there: they are only shown. */
export function namedProviders() {
  const app = { clientId: 'an app', clientSecret: '0123456789abcdef0123456789abcdef' };
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    google: app,
    apple: {
      clientId: 'an app',
      teamId: 'TEAM000001',
      keyId: 'KEY0000001',
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    },
    kakao: app,
    naver: app,
    line: app,
    facebook: app,
    github: app,
    microsoft: app,
  };
}
