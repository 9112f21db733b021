import type { LogEntry } from './options.ts';
import { Problem } from './problem.ts';

/** Code of the application that the server calls. Each call has two seconds. docs/adr/0049 */
export interface Hooks {
  /**
   * Claims beside the server's own, for one access token. Where it fails there is no token: the answer is 503 `server/hook`, and what was
   * asked for may be asked for again.
   */
  readonly accessTokenClaims?: ((about: AccessTokenSubject) => ExtraClaims | Promise<ExtraClaims>) | undefined;
  /**
   * Whether somebody may make an account; asked before it is known whether the address has one. A refusal is 403 `account/refused` with the
   * detail given here; where it fails, 503 `server/hook`.
   */
  readonly beforeSignUp?: ((about: SignUpAttempt) => SignUpVerdict | Promise<SignUpVerdict>) | undefined;
  /** Told of each sign-in. The person is signed in whatever happens here: a failure is logged and nothing else. */
  readonly afterSignIn?: ((about: SignInEvent) => unknown) | undefined;
}

export interface AccessTokenSubject {
  readonly userId: string;
  readonly clientId: string;
  readonly sessionId: string | undefined;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export type ExtraClaims = Readonly<Record<string, unknown>>;

export interface SignUpAttempt {
  /** Normalised; undefined where a provider names none. */
  readonly email: string | undefined;
  /** Whether somebody has proved it already: a provider vouches for it. */
  readonly emailVerified: boolean;
  /** Through which provider, if through one. */
  readonly provider: string | undefined;
  readonly name: string | undefined;
  readonly ip: string | undefined;
}

export type SignUpVerdict = { readonly allow: true } | { readonly allow: false; readonly detail: string };

export interface SignInEvent {
  readonly userId: string;
  readonly sessionId: string;
  readonly clientId: string;
  readonly ip: string | undefined;
}

/** The hooks as the endpoints call them: in time, with a defined answer. */
export interface HookCalls {
  /** @throws {Problem} `server/hook` */
  accessTokenClaims(about: AccessTokenSubject): Promise<ExtraClaims>;
  /** @throws {Problem} `account/refused`, `server/hook` */
  beforeSignUp(about: SignUpAttempt): Promise<void>;
  afterSignIn(about: SignInEvent): Promise<void>;
}

const LIMIT_MS = 2_000;
/** What the server says of a token is the server's alone. RFC 9068 §2.2, RFC 7519 §4.1, RFC 7800, RFC 8693 */
const OWN_CLAIMS: ReadonlySet<string> = new Set(
  'iss aud sub client_id sid jti iat exp nbf scope roles cnf act may_act auth_time acr amr'.split(' '),
);

export function callHooks(hooks: Hooks, log: (entry: LogEntry) => void): HookCalls {
  /** @returns undefined where the hook failed; that was logged. */
  async function call<T>(hook: keyof Hooks, work: () => T | Promise<T>): Promise<{ readonly value: T } | undefined> {
    try {
      return { value: await withLimit(async () => work()) };
    } catch (error) {
      // what it says may hold anything
      log({ level: 'error', event: 'hook.failed', hook, reason: error instanceof Error ? error.name : typeof error });
      return undefined;
    }
  }

  return {
    async accessTokenClaims(about) {
      const { accessTokenClaims } = hooks;
      if (accessTokenClaims === undefined) return {};
      const called = await call('accessTokenClaims', async () => checkClaims(await accessTokenClaims(about)));
      if (called === undefined) throw new Problem('server/hook');
      return called.value;
    },
    async beforeSignUp(about) {
      const { beforeSignUp } = hooks;
      if (beforeSignUp === undefined) return;
      const called = await call('beforeSignUp', async () => checkVerdict(await beforeSignUp(about)));
      if (called === undefined) throw new Problem('server/hook');
      if (!called.value.allow) throw new Problem('account/refused', { detail: called.value.detail });
    },
    async afterSignIn(about) {
      const { afterSignIn } = hooks;
      if (afterSignIn !== undefined) await call('afterSignIn', () => afterSignIn(about));
    },
  };
}

function checkClaims(claims: unknown): ExtraClaims {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new TypeError('claims are no object');
  const own = Object.keys(claims).find((name) => OWN_CLAIMS.has(name));
  if (own !== undefined) throw new TypeError(`the claim ${own} is the server's own`);
  return claims as ExtraClaims;
}

/** Only what says so lets somebody in: a hook that forgot to answer does not. */
function checkVerdict(verdict: unknown): SignUpVerdict {
  const { allow, detail } = (verdict ?? {}) as { readonly allow?: unknown; readonly detail?: unknown };
  if (allow === true) return { allow };
  if (allow === false && typeof detail === 'string') return { allow, detail };
  throw new TypeError('the answer is neither { allow: true } nor { allow: false, detail }');
}

class HookLate extends Error {
  override readonly name = 'HookLate';
}

async function withLimit<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new HookLate()), LIMIT_MS).unref();
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
