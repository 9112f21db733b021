import { SigningRefused } from '@mapae/jwt';
import { formatCookie } from '../checks/cookie.ts';
import type { ServerContext } from '../context.ts';
import { formatRefreshToken } from '../grants/refresh-token.ts';
import { Problem } from '../problem.ts';
import type { Grant } from '../stores/grant-store.ts';
import type { Session } from '../stores/session-store.ts';
import type { User } from '../stores/user-store.ts';
import type { IssuedAccessToken, Target } from './access-token.ts';

export interface TokenAnswerInput {
  readonly grant: Grant;
  /** None where the grant outlives its session. */
  readonly session: Session | undefined;
  readonly user: Pick<User, 'roles'>;
  readonly epoch: Uint8Array;
  readonly target: Target;
  readonly now: number;
  readonly tokensFrom: number;
  /** Marks the device as known; after a sign-in. */
  readonly deviceToken?: string;
  /** After a refresh: whether the refresh token is another one than the one presented. */
  readonly rotated?: boolean;
}

const KNOWN_DEVICE_SECONDS = 365 * 86_400;

/** The answer to a sign-in or refresh: the refresh token in the body or in the cookie, as the grant's delivery says. RFC 6749 §5.1 */
export async function answerTokens(context: ServerContext, input: TokenAnswerInput): Promise<Response> {
  const { grant, deviceToken, rotated } = input;
  const refreshToken = refreshTokenOf(context, input);
  const { accessToken, expiresIn, scope } = await issueAccessToken(context, input);
  const moved = rotated === undefined ? {} : { rotated };
  const body = { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn, scope, ...moved };
  if (grant.delivery === 'bearer') {
    const device = deviceToken === undefined ? {} : { device_token: deviceToken };
    return Response.json({ ...body, refresh_token: refreshToken, ...device });
  }
  // the browser has this cookie; set again by an answer that comes late, it would undo another tab's rotation
  if (rotated === false) return Response.json(body);
  const headers = new Headers(
    formatTokenCookies(context, input).map((cookie): [string, string] => ['set-cookie', cookie]),
  );
  return Response.json(body, { headers });
}

/** The `Set-Cookie` values of a sign-in or refresh in cookie delivery. @throws {Problem} `invalid_grant` */
export function formatTokenCookies(context: ServerContext, input: Omit<TokenAnswerInput, 'target'>): readonly string[] {
  const { issuer } = context.settings;
  const { grant, session, now, deviceToken } = input;
  const { idleExpiresAt, absoluteExpiresAt } = session ?? grant;
  const maxAgeSeconds = Math.max(
    0,
    Math.floor((Math.min(idleExpiresAt ?? now, absoluteExpiresAt ?? now) - now) / 1_000),
  );
  return [
    formatCookie(issuer, refreshTokenOf(context, input), maxAgeSeconds),
    ...(deviceToken === undefined ? [] : [formatCookie(issuer, deviceToken, KNOWN_DEVICE_SECONDS, 'device')]),
  ];
}

function refreshTokenOf(
  { secrets }: ServerContext,
  { grant, epoch }: Pick<TokenAnswerInput, 'grant' | 'epoch'>,
): string {
  // the secret that the row names: a retried answer is the same token, also after a new secret came into use
  const secret = secrets.find(grant.secretId);
  if (secret === undefined) throw new Problem('invalid_grant');
  return formatRefreshToken(secret, epoch, grant.id, grant.counter);
}

/** @throws {Problem} `server/hook` */
async function issueAccessToken(
  { settings, accessTokens, hooks }: ServerContext,
  { grant, session, target, now, tokensFrom, user: { roles } }: TokenAnswerInput,
): Promise<IssuedAccessToken> {
  const extraClaims = await hooks.accessTokenClaims({
    userId: grant.userId,
    clientId: grant.clientId,
    sessionId: grant.sessionId,
    audience: target.audience,
    scopes: target.scopes.filter((one) => grant.scope.includes(one)),
    roles,
  });
  try {
    return await accessTokens.issue({ grant, session, target, now, tokensFrom, roles, extraClaims });
  } catch (error) {
    // too long, or readable where it shouldn't be: without the hook's claims it would be neither
    if (!(error instanceof SigningRefused) || Object.keys(extraClaims).length === 0) throw error;
    settings.log({ level: 'error', event: 'hook.failed', hook: 'accessTokenClaims', reason: error.code });
    throw new Problem('server/hook');
  }
}
