/** Signing keys, sealed; a part of `Store`, under the same promises. */
export interface SigningKeyStore {
  listSigningKeys(): Promise<readonly SigningKeyRow[]>;
  /** Inserts these keys if there is none of their algorithm yet; of several at once exactly one set is kept. Answers with what is there. */
  ensureSigningKeys(keys: readonly SigningKeyRow[]): Promise<readonly SigningKeyRow[]>;

  /**
   * Does what is due for the keys of one algorithm, by the store's clock and under one lock, so that of several servers one does it: the next
   * key signs, the active one retires, what retired long enough ago goes. `spare` becomes the next key where one is needed.
   */
  rotateSigningKeys(
    rotation: KeyRotation,
  ): Promise<{ readonly promoted: boolean; readonly keys: readonly SigningKeyRow[] }>;
  /**
   * Takes keys out of force. Where that leaves an algorithm without an active or a next key, the next one signs at once and spares of that
   * algorithm fill the places. An event of the audit log. @returns Those that were there.
   */
  removeSigningKeys(kids: readonly string[], spares: readonly SigningKeyRow[]): Promise<readonly string[]>;
  /** Puts the same private keys, sealed anew, in the place of the old ones. */
  resealSigningKeys(keys: readonly Pick<SigningKeyRow, 'kid' | 'sealedPrivateJwk' | 'secretId'>[]): Promise<void>;
  /** Those taken out of force in the last seven days, oldest first. */
  listRemovedKeys(): Promise<readonly string[]>;
}

export interface SigningKeyRow {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: string;
  readonly sealedPrivateJwk: Uint8Array;
  readonly secretId: string;
  readonly state: 'next' | 'active' | 'retiring';
  /** When it was published first. */
  readonly createdAt: number;
  /** When it came to its state. */
  readonly since: number;
}

export interface KeyRotation {
  /** A new key of the algorithm; unused where none is needed. Its state and times are set by the step. */
  readonly spare: SigningKeyRow;
  readonly rotationMs: number;
  readonly leadMs: number;
  /** `now`: whatever the schedule says, but never to a key not published for the lead. Default: `on-schedule`. */
  readonly due?: 'on-schedule' | 'now';
}
