import { createHash } from 'node:crypto';
import type { ServerContext } from '../context.ts';
import { Problem } from '../problem.ts';
import type { Authorization, Provider } from './provider.ts';
import { formatSealedCookie, hostName, readCookies, sealValue, unsealValue } from './sealed-cookie.ts';

/** One trip of a browser to a provider and back. It rests in a cookie of that browser, sealed: a stranger's browser has none. */
export interface Flow {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Milliseconds since 1970. */
  readonly begunAt: number;
  readonly clientId: string;
  /** Checked. */
  readonly returnTo: string;
  /** The session that wants to link a login; none for a sign-in. */
  readonly link?: { readonly userId: string; readonly sessionId: string };
  /** The grant of whoever was signed in in this browser: what comes back from elsewhere brings no cookie that stays at home. */
  readonly formerGrantId?: string;
}

/** A person may have to find their phone; and a stolen answer is worth nothing tomorrow. */
export const FLOW_SECONDS = 600;
/** Tabs in which a browser may be under way at once; of more, the oldest end. */
const MOST_FLOWS = 5;
const LABEL = 'mapae/social-flow/1';
const STATE = /^[\w-]{22}$/;
const PREFIX = 'mapae-flow-';

/** The one address that a provider sends browsers of its flows back to. RFC 9700 §4.4.2 */
export function callbackOf(issuer: string, provider: string): string {
  return `${issuer}/social/${provider}/callback`;
}

export interface Begun {
  readonly location: URL;
  readonly cookies: readonly string[];
}

type Wish = Pick<Flow, 'clientId' | 'returnTo' | 'link' | 'formerGrantId'>;

/** Begins a flow: everything in it is new. @throws {SocialFailed} */
export async function beginFlow(
  context: ServerContext,
  request: Request,
  provider: Provider,
  wish: Wish,
): Promise<Begun> {
  const { settings, secrets, random } = context;
  const word = (bytes: number): string => Buffer.from(random(bytes)).toString('base64url');
  const flow: Flow = {
    ...wish,
    provider: provider.id,
    state: word(16),
    nonce: word(16),
    codeVerifier: word(32),
    begunAt: (settings.clock ?? Date.now)(),
  };
  const location = await provider.begin(authorizationOf(settings.issuer, flow));
  const name = cookieOf(settings.issuer, flow.state);
  const sameSite = provider.answersBy === 'form' ? 'None' : 'Lax';
  const value = sealValue(secrets, { name, label: LABEL }, flow);
  return {
    location,
    cookies: [
      ...surplus(context, request).map((old) => removal(settings.issuer, old)),
      formatSealedCookie(settings.issuer, name, { value, maxAgeSeconds: FLOW_SECONDS, sameSite }),
    ],
  };
}

export function authorizationOf(issuer: string, { provider, state, nonce, codeVerifier }: Flow): Authorization {
  return { redirectUri: callbackOf(issuer, provider), state, nonce, codeVerifier };
}

/**
 * The flow of this browser that a `state` belongs to. Spends it: of any number of requests at once with one state, one gets it.
 *
 * @throws {Problem} `social/state`, `social/expired`
 */
export async function takeFlow(
  context: ServerContext,
  request: Request,
  { provider, state }: { readonly provider: Provider; readonly state: string | undefined },
): Promise<Flow> {
  const flow = findFlow(context, request, state);
  // a state of another provider's flow: somebody mixes answers up. RFC 9700 §4.4
  if (flow === undefined || flow.state !== state || flow.provider !== provider.id) throw new Problem('social/state');
  if (isOver(context, flow)) throw new Problem('social/expired');
  const hash = new Uint8Array(createHash('sha256').update(`state\0${flow.state}`).digest());
  if (!(await context.store.spendOnce(hash, 2 * FLOW_SECONDS))) throw new Problem('social/state');
  return flow;
}

/** Removes the cookie of a flow, whatever became of it. */
export function forgetFlow(issuer: string, state: string | undefined): readonly string[] {
  return state !== undefined && STATE.test(state) ? [removal(issuer, cookieOf(issuer, state))] : [];
}

function findFlow({ settings, secrets }: ServerContext, request: Request, state: string | undefined): Flow | undefined {
  if (state === undefined || !STATE.test(state)) return undefined;
  const name = cookieOf(settings.issuer, state);
  const values = readCookies(request).filter((cookie) => cookie.name.toLowerCase() === name.toLowerCase());
  // twice: a sibling domain has put its own beside it
  const [cookie] = values;
  if (cookie === undefined || values.length > 1 || cookie.name !== name) return undefined;
  return unsealValue(secrets, { name, label: LABEL }, cookie.value) as Flow | undefined;
}

function isOver({ settings }: ServerContext, { begunAt }: Flow): boolean {
  return (settings.clock ?? Date.now)() - begunAt > FLOW_SECONDS * 1_000;
}

/** Names of flow cookies that have to go before another one comes: those that are over or unreadable, then the oldest. */
function surplus(context: ServerContext, request: Request): readonly string[] {
  const { settings, secrets } = context;
  const prefix = hostName(settings.issuer, PREFIX);
  const all = readCookies(request)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, value }) => ({
      name,
      flow: unsealValue(secrets, { name, label: LABEL }, value) as Flow | undefined,
    }));
  const live = all
    .filter(({ flow }) => flow !== undefined && !isOver(context, flow))
    .toSorted((a, b) => (b.flow?.begunAt ?? 0) - (a.flow?.begunAt ?? 0))
    .slice(0, MOST_FLOWS - 1);
  return [...new Set(all.filter((one) => !live.includes(one)).map(({ name }) => name))];
}

function cookieOf(issuer: string, state: string): string {
  // the state itself would stand in the header of every request
  return hostName(issuer, PREFIX + createHash('sha256').update(state).digest('base64url').slice(0, 12));
}

function removal(issuer: string, name: string): string {
  return formatSealedCookie(issuer, name, { value: '', maxAgeSeconds: 0, sameSite: 'Lax' });
}
