/** Every way in which the option `social` can be wrong. Append only, like the other tables. docs/errors.md */
export const SOCIAL_OPTION_ERRORS = {
  'social-option/provider': { title: 'There is no such provider.', rule: 'docs/guides/social' },
  'social-option/missing': { title: 'An option that the provider needs is missing.', rule: 'docs/guides/social' },
  'social-option/unknown': { title: 'The provider knows no such option.', rule: 'docs/guides/social' },
  'social-option/value': { title: 'An option has a value it may not have.', rule: 'docs/guides/social' },
  'social-option/twice': { title: 'Two providers have one id.', rule: 'docs/guides/social' },
} as const;

export type SocialOptionErrorCode = keyof typeof SOCIAL_OPTION_ERRORS;

/** A provider's options are wrong: found when the server is made, before anything is opened. */
export class SocialMisconfigured extends TypeError {
  override readonly name = 'SocialMisconfigured';
  readonly code: SocialOptionErrorCode;
  readonly provider: string;
  /** Path of the option below the provider; empty for the provider itself. */
  readonly option: string;

  /** @param hint  What is wrong; never holds the value. */
  constructor(
    code: SocialOptionErrorCode,
    at: { readonly provider: string; readonly option: string },
    hint: string = SOCIAL_OPTION_ERRORS[code].title,
  ) {
    super(`${['social', at.provider, at.option].filter((part) => part !== '').join('.')}: ${hint}`);
    this.code = code;
    this.provider = at.provider;
    this.option = at.option;
  }
}
