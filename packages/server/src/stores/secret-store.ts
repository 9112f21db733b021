/** What the servers on one database agree on; a part of `Store`, under the same promises. */
export interface SecretStore {
  /**
   * Notes that a server lives and which secrets it accepts, the first one being what it would use. The secret that is wanted comes into use when
   * every server heard of in the last 30 s accepts it; the first secret of the first server ever is in use at once.
   */
  announceReplica(replica: Replica): Promise<SecretAgreement>;
  forgetReplica(id: string): Promise<void>;
  /** Asks for a secret to come into use. */
  wantSecret(id: string): Promise<SecretAgreement>;
  /** Ends a secret for ever and puts another in use at once, whoever accepts it. An event of the audit log, the first time. */
  dropSecret(id: string, successor: string): Promise<void>;
  readSecrets(): Promise<SecretStatus>;
}

export interface Replica {
  /** The same for as long as the process lives. */
  readonly id: string;
  readonly secretIds: readonly string[];
  readonly startedAt: number;
}

/** What the servers on a database agree on. */
export interface SecretAgreement {
  /** Makes new things; undefined before the first server. */
  readonly inUse: string | undefined;
  /** Comes into use when every live server accepts it. */
  readonly wanted: string | undefined;
  /** Never accepted again. */
  readonly dropped: readonly string[];
}

export interface SecretStatus extends SecretAgreement {
  readonly replicas: readonly (Replica & { readonly seenAt: number; readonly live: boolean })[];
  /** Live grants by the secret of their refresh token: what depends on it. */
  readonly grants: readonly { readonly secretId: string; readonly count: number }[];
  /** What rests sealed (signing keys, tokens of providers, mails that wait) by its secret: it can't be read without it. */
  readonly sealed: readonly { readonly secretId: string; readonly count: number }[];
}
