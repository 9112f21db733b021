import type { Provider } from './provider.ts';
import type { ParsedOptions } from './provider-options.ts';

/** What every provider's file says, whatever it speaks. */
export interface ProviderBasics {
  readonly id: string;
  /** On the button, unless the options say another. */
  readonly name: string;
  /** As they were parsed. */
  readonly options: ParsedOptions;
  /** Where it isn't a text of the options: made anew for each request. */
  readonly makeClientSecret?: () => string;
  /** Scopes that signing in needs. */
  readonly scopes: readonly string[];
  /** Whether the provider checks a code verifier. RFC 7636 */
  readonly pkce: boolean;
  /** Parameters of the authorization request beside the usual ones. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** How it is called, and whether its tokens are kept. */
export function nameOf({ id, name, options }: ProviderBasics): Pick<Provider, 'id' | 'name' | 'keepsTokens'> {
  return { id, name: options.name ?? name, keepsTokens: options.storeTokens };
}
