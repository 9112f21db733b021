/** What a peer's server is started with. */
export interface PeerSettings {
  /** SQLite file. */
  readonly file: string;
  readonly cookieCache: boolean;
  /** Refresh tokens to have ready. */
  readonly tokens: number;
}

export interface PeerReady {
  readonly port: number;
  readonly refreshTokens?: readonly string[];
}
