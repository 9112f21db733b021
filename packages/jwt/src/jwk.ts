/** A JSON Web Key, as far as keys exist here. Members keep their registered names. RFC 7517 §4, RFC 7518 §6, RFC 9964 §3 */
export interface Jwk {
  readonly kty: string;
  readonly alg?: string;
  readonly kid?: string;
  readonly use?: string;
  readonly key_ops?: readonly string[];
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
  readonly d?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
  readonly k?: string;
  readonly pub?: string;
  readonly priv?: string;
}

/** A JWK Set. RFC 7517 §5 */
export interface JwkSet {
  readonly keys: readonly Jwk[];
}
