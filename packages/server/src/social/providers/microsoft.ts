import { z } from 'zod';
import { connectOidc } from '../connect-oidc.ts';
import { standardClaims } from '../profile.ts';
import type { Provider, ProviderTools } from '../provider.ts';
import { type CommonOptions, clientSecret, common, type NativeOptions, native } from '../provider-options.ts';

/** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
export interface MicrosoftOptions extends CommonOptions {
  readonly clientSecret: string;
  /** `common` (everybody), `organizations`, `consumers`, or the id of one tenant. Default: `common`. */
  readonly tenant?: string;
  /** Of the tenants that `common` and `organizations` let in, only these. */
  readonly tenants?: readonly string[];
  readonly native?: NativeOptions;
}

const TENANT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const tenantId = z.string().regex(TENANT_ID, 'is no tenant id');

export const microsoftOptions = z.strictObject({
  ...common,
  clientSecret,
  tenant: z.union([z.enum(['common', 'organizations', 'consumers']), tenantId]).default('common'),
  tenants: z.array(tenantId).optional(),
  native,
});

const HOST = 'https://login.microsoftonline.com';
/** The tenant of personal accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const issuerOf = (tenant: string): string => `${HOST}/${tenant}/v2.0`;

export function createMicrosoft(options: z.output<typeof microsoftOptions>, tools: ProviderTools): Provider {
  const { tenant } = options;
  const isMany = tenant === 'common' || tenant === 'organizations';
  const known = tenant === 'consumers' ? CONSUMERS : tenant;
  return connectOidc(
    {
      id: 'microsoft',
      name: 'Microsoft',
      options,
      issuer: issuerOf(tenant),
      // the metadata of many tenants names a pattern, that of one its id
      metadataIssuer: isMany ? issuerOf('{tenantid}') : issuerOf(known),
      issuers: ({ tid }) => (typeof tid === 'string' && isLetIn(options, tid) ? [issuerOf(tid)] : []),
      algorithms: ['RS256'],
      scopes: ['openid', 'email', 'profile', ...(options.storeTokens ? ['offline_access'] : [])],
      pkce: true,
      profile: ({ claims }) => ({
        ...standardClaims(claims),
        // subjects are pairwise: this application's own, and of this tenant
        issuer: String(claims.iss),
        // administrators of any tenant write what they like into `email`; only this claim says that the domain is theirs.
        // https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
        emailVerified: isTrue(claims['xms_edov']),
      }),
    },
    tools,
  );
}

function isLetIn({ tenant, tenants }: z.output<typeof microsoftOptions>, tid: string): boolean {
  if (!TENANT_ID.test(tid)) return false;
  if (tenants !== undefined && !tenants.includes(tid)) return false;
  switch (tenant) {
    case 'common':
      return true;
    case 'organizations':
      return tid !== CONSUMERS;
    case 'consumers':
      return tid === CONSUMERS;
    default:
      return tid === tenant;
  }
}

/** Entra writes it as a boolean, a number or a text. */
function isTrue(claim: unknown): boolean {
  return claim === true || claim === 1 || claim === '1' || claim === 'true';
}
