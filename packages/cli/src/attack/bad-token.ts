/** A token that nobody may let in (or, where `accepted`, that is as good as any), of one class of the attack catalogue. */
export interface BadToken {
  readonly id: string;
  readonly title: string;
  readonly token: string;
  /** What Mapae's own verifiers say of it. */
  readonly code: string;
  /** Refused by Mapae alone: a choice of its own, where the RFC lets a reader take it. */
  readonly isChoice: boolean;
}

/** Writes a row of the tables of tokens. */
export type Row = readonly [id: string, title: string, token: string, code: string, choice?: 'choice' | undefined];

/** What attacks are made from: a good token, and what an attacker can know or get. */
export interface AttackMaterial {
  readonly token: string;
  /** The key that good tokens are checked with, in every form that it is published in. */
  readonly publicKey?: PublishedKey | undefined;
  /** Signs a text with the issuer's own key: for tokens of an issuer that errs, or that serves others as well. base64url */
  readonly sign?: ((input: string) => string) | undefined;
  /** An address that only a verifier would ask: where a header points at keys. */
  readonly lure: string;
}

export interface PublishedKey {
  readonly jwk: object;
  /** SPKI. */
  readonly pem: string;
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A good token taken apart, and ways to put it together wrongly. */
export interface Parts {
  readonly good: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** The header's members. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Another header before the same payload and signature. */
  withHeader(change: object): string;
  /** Another payload between the same header and signature. */
  withPayload(json: string | Buffer): string;
}

/** Ways to have the issuer's own key sign what no issuer should. */
export interface SignedParts {
  sign(change?: object, typ?: string): string;
  /** The good payload under another header. */
  signHeader(header: object | string): string;
  signRaw(input: string): string;
  signPayload(json: string | Buffer): string;
  /** The good claims with one member spelled out. */
  signMember(member: string): string;
}

export function takeApart({ token }: AttackMaterial): Parts {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const members = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>;
  return {
    good: token,
    header,
    payload,
    signature,
    members,
    claims: JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>,
    withHeader: (change) => `${encode({ ...members, ...change })}.${payload}.${signature}`,
    withPayload: (json) => `${header}.${Buffer.from(json).toString('base64url')}.${signature}`,
  };
}

/** Undefined without a signing key. */
export function signedParts(material: AttackMaterial): SignedParts | undefined {
  const { sign } = material;
  if (sign === undefined) return undefined;
  const { header, payload, members, claims } = takeApart(material);
  const signRaw = (input: string): string => `${input}.${sign(input)}`;
  const signPayload = (json: string | Buffer): string =>
    signRaw(`${header}.${Buffer.from(json).toString('base64url')}`);
  return {
    signRaw,
    signPayload,
    signHeader: (changed) =>
      signRaw(`${encode(typeof changed === 'string' ? changed : { ...members, ...changed })}.${payload}`),
    sign: (change = {}, typ) =>
      signRaw(`${encode(typ === undefined ? members : { ...members, typ })}.${encode({ ...claims, ...change })}`),
    signMember(member) {
      const name = /^"([^"]*)"/.exec(member)?.[1] ?? '';
      return signPayload(`${JSON.stringify({ ...claims, [name]: undefined }).slice(0, -1)},${member}}`);
    },
  };
}
