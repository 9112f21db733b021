import { decode, TokenRejected, TokenUndecodable } from '@mapae/jwt';
import type { TrustedIssuer } from './issuer.ts';
import type { Verdict } from './verdict.ts';

/** The issuers that are trusted, and which of them a token is judged by. */
export interface TrustedIssuers<C> {
  readonly all: readonly TrustedIssuer<C>[];
  /** True for one that this verifier trusts. */
  has(issuer: TrustedIssuer<C>): boolean;
  /**
   * The issuer whose keys are looked at. With several, the token says which; it can name those that are configured and no other, and
   * nothing that it names is contacted.
   *
   * @throws {TokenRejected} `token/issuer`, `token/malformed`
   */
  issuerOf(token: string): TrustedIssuer<C>;
  /** True where exactly one can be asked about opaque tokens: with several, a token would be shown to those that did not make it. */
  readonly takesOpaque: boolean;
  /** Asks that one. Rejects with TokenRejected or RequestRefused. */
  judgeOpaque(token: string): Promise<Verdict<C>>;
}

export function createTrustedIssuers<C>(all: readonly TrustedIssuer<C>[]): TrustedIssuers<C> {
  const byName = new Map(all.map((one) => [one.issuer, one]));
  const only = all.length === 1 ? all[0] : undefined;
  const [introspecting, another] = all.filter(({ introspects }) => introspects);
  const ofOpaque = another === undefined ? introspecting : undefined;

  function issuerNamedIn(token: string): TrustedIssuer<C> {
    try {
      const { iss } = decode(token).claims;
      const named = typeof iss === 'string' ? byName.get(iss) : undefined;
      if (named !== undefined) return named;
    } catch (error) {
      if (error instanceof TokenUndecodable) throw new TokenRejected('token/malformed');
      throw error;
    }
    throw new TokenRejected('token/issuer', 'iss');
  }

  return {
    all,
    has: (issuer) => byName.get(issuer.issuer) === issuer,
    issuerOf: (token) => only ?? issuerNamedIn(token),
    takesOpaque: ofOpaque !== undefined,
    async judgeOpaque(token) {
      if (ofOpaque === undefined) throw new TokenRejected('token/malformed');
      return ofOpaque.judgeOpaque(token);
    },
  };
}
