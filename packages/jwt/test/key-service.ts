// A key service: the private key is made here, never leaves, and signs what the parent process asks for.
import * as crypto from 'node:crypto';

const { privateKey, publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Order {
  readonly id: number;
  readonly how: string;
  readonly data: string;
}

const WAYS: Readonly<Record<string, (data: Buffer) => Buffer>> = {
  der: (data) => crypto.sign('sha256', data, privateKey),
  jose: (data) => crypto.sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  other: (data) => crypto.sign('sha256', data, other.privateKey),
  empty: () => Buffer.alloc(0),
  rubbish: () => Buffer.from('30060201010201', 'hex'),
  fail() {
    throw new Error('the key service is away');
  },
};

process.on('message', (message) => {
  const { id, how, data } = message as Order;
  try {
    const signature = WAYS[how]?.(Buffer.from(data, 'base64'));
    process.send?.({ id, signature: signature?.toString('base64') });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : 'unknown' });
  }
});
process.send?.({ pem: publicKey.export({ format: 'pem', type: 'spki' }) });
