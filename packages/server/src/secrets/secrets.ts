import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** One secret of the server, as the keys that are derived from it; the secret itself isn't kept. docs/protocol.md §2, §4 */
export interface Secret {
  /** 6 characters of base64url. */
  readonly id: string;
  readonly refreshKey: Uint8Array;
  readonly sealKey: Uint8Array;
  readonly deviceKey: Uint8Array;
  readonly limitKey: Uint8Array;
  readonly formKey: Uint8Array;
}

export interface Secrets {
  /** Makes new things. */
  readonly current: Secret;
  find(id: string): Secret | undefined;
  /** Ids of those that were given, in their order. */
  readonly ids: readonly string[];
}

export function deriveSecrets(values: readonly string[]): Secrets {
  const all = values.map(derive);
  const [current] = all;
  if (current === undefined) throw new TypeError('secrets: must hold one secret at least');
  const byId = new Map(all.map((secret) => [secret.id, secret]));
  return { current, find: (id) => byId.get(id), ids: all.map(({ id }) => id) };
}

function derive(value: string): Secret {
  const key = (info: string): Buffer => Buffer.from(hkdfSync('sha256', value, '', info, 32));
  return {
    id: key('mapae/secret-id/1').subarray(0, 4).toString('base64url'),
    refreshKey: key('mapae/refresh/1'),
    sealKey: key('mapae/seal/1'),
    deviceKey: key('mapae/device/1'),
    limitKey: key('mapae/limit/1'),
    formKey: key('mapae/form/1'),
  };
}

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM: nonce ‖ ciphertext ‖ tag. `label` is bound to it, so that a sealed thing can't be put in another's place. */
export function seal(secret: Secret, plain: string, label: string): Uint8Array {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', secret.sealKey, nonce).setAAD(Buffer.from(label));
  return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined when it was sealed under another secret or label, or changed since. */
export function unseal(secret: Secret, sealed: Uint8Array, label: string): string | undefined {
  const bytes = Buffer.from(sealed);
  if (bytes.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', secret.sealKey, bytes.subarray(0, NONCE), { authTagLength: TAG })
    .setAAD(Buffer.from(label))
    .setAuthTag(bytes.subarray(bytes.length - TAG));
  try {
    return decipher.update(bytes.subarray(NONCE, bytes.length - TAG), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
