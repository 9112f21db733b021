import type { ServerContext } from '../context.ts';
import { nameDevice } from '../devices/device-name.ts';
import { Problem } from '../problem.ts';
import type { Delivery } from '../stores/grant-store.ts';
import type { User } from '../stores/user-store.ts';
import { grantScope, type Target } from '../tokens/access-token.ts';
import type { TokenAnswerInput } from '../tokens/token-answer.ts';

/** RFC 8176 has no word for it; this is the one that others use. */
const FEDERATED = 'fed';

export interface LoginSession {
  readonly user: User;
  readonly provider: string;
  readonly clientId: string;
  readonly delivery: Delivery;
  readonly target: Target;
  readonly device: string | undefined;
  readonly ip: string | undefined;
}

/** Starts the session of somebody who came through a provider. @throws {Problem} `account/refused` */
export async function startLoginSession(
  context: ServerContext,
  request: Request,
  { user, provider, clientId, delivery, target, device, ip }: LoginSession,
): Promise<TokenAnswerInput> {
  const { settings, store, secrets, hooks } = context;
  const userAgent = request.headers.get('user-agent')?.slice(0, 300);
  const started = await store.startSession({
    userId: user.id,
    credentialVersion: user.credentialVersion,
    clientId,
    scope: grantScope(settings, target),
    delivery,
    secretId: secrets.current.id,
    device: device ?? nameDevice(userAgent),
    sessionLimit: settings.sessionsPerUser,
    userAgent,
    ip,
    amr: [FEDERATED],
    idleSeconds: settings.idleSeconds,
    absoluteSeconds: settings.absoluteSeconds,
  });
  if (started.status !== 'started') {
    settings.log({ level: 'warn', event: 'sign-in.refused', user: user.id, provider, reason: started.status });
    throw new Problem('account/refused', { detail: 'this account was changed a moment ago; try again' });
  }
  settings.log({
    level: 'info',
    event: 'sign-in.accepted',
    user: user.id,
    session: started.session.id,
    client: clientId,
    delivery,
    provider,
  });
  await hooks.afterSignIn({ userId: user.id, sessionId: started.session.id, clientId, ip });
  return { ...started, target };
}
