import { z } from 'zod';
import { connectOAuth2 } from '../connect-oauth2.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { readObject } from '../provider-fetch.ts';
import { address, common, type GenericOptions, generic } from '../provider-options.ts';

/** Any provider that speaks OAuth 2 and answers about the person in JSON. */
export interface OAuth2Options extends GenericOptions {
  /** Names its people in the database, for ever; and what `iss` must say, where the provider sends it. RFC 9207 §2 */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Asked with the access token; answers a JSON object. */
  readonly profileEndpoint: string;
  /** Whether the provider checks code verifiers. Default: true; one that knows nothing of them ignores them. RFC 6749 §3.1 */
  readonly pkce?: boolean;
  /** Where in the profile things stand: names of members, separated by dots. */
  readonly members: {
    /** What never changes and is never given to somebody else. */
    readonly subject: string;
    readonly email?: string;
    /** Of a member that is `true` where the address was proved. Without it no address counts as proved. */
    readonly emailVerified?: string;
    readonly name?: string;
    readonly picture?: string;
  };
}

const path = z.string().regex(/^[\w-]+(?:\.[\w-]+)*$/, 'is no path of members');

export const oauth2Options = z.strictObject({
  ...common,
  ...generic,
  issuer: address,
  authorizationEndpoint: address,
  tokenEndpoint: address,
  profileEndpoint: address,
  pkce: z.boolean().default(true),
  members: z.strictObject({
    subject: path,
    email: path.optional(),
    emailVerified: path.optional(),
    name: path.optional(),
    picture: path.optional(),
  }),
});

export function createOAuth2(options: z.output<typeof oauth2Options>, tools: ProviderTools): Provider {
  const { members } = options;
  return connectOAuth2(
    {
      id: options.id,
      name: options.name,
      options,
      issuer: options.issuer,
      authorizationEndpoint: options.authorizationEndpoint,
      tokenEndpoint: options.tokenEndpoint,
      scopes: [],
      pkce: options.pkce,
      async profile(ask) {
        const body = await readObject(await ask(options.profileEndpoint));
        const at = (name: string | undefined): unknown => (name === undefined ? undefined : memberAt(body, name));
        return {
          subject: at(members.subject),
          email: at(members.email),
          emailVerified: at(members.emailVerified) === true,
          name: at(members.name),
          picture: at(members.picture),
        };
      },
    },
    tools,
  );
}

function memberAt(body: unknown, names: string): unknown {
  return names
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? (value as Readonly<Record<string, unknown>>)[name]
          : undefined,
      body,
    );
}
