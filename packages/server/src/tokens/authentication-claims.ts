import type { Session } from '../stores/session-store.ts';

/** What an API that steps up looks at. RFC 9068 §2.2.1, RFC 9470 §3 */
export interface AuthenticationClaims {
  /** When the person signed in, whole seconds. */
  readonly auth_time: number;
  /** Absent where nothing is known of how. */
  readonly acr?: string;
  readonly amr?: readonly string[];
}

/** What each method shows: something known, something held, something that the person is. RFC 8176 §2 */
const KINDS: Readonly<Record<string, 'known' | 'held' | 'is'>> = {
  pwd: 'known',
  pin: 'known',
  kba: 'known',
  otp: 'held',
  sms: 'held',
  tel: 'held',
  hwk: 'held',
  swk: 'held',
  sc: 'held',
  fpt: 'is',
  face: 'is',
  iris: 'is',
  retina: 'is',
  vbm: 'is',
};

export function authenticationClaims({ createdAt, amr }: Session): AuthenticationClaims {
  const acr = classOf(amr);
  return {
    auth_time: Math.floor(createdAt / 1_000),
    ...(acr === undefined ? {} : { acr }),
    ...(amr.length === 0 ? {} : { amr }),
  };
}

/** `aal2` for two factors of different kinds, `aal1` for one (NIST SP 800-63B §4); none for what nobody here can vouch for. */
function classOf(amr: readonly string[]): string | undefined {
  if (amr.includes('mfa')) return 'aal2';
  const kinds = new Set(amr.flatMap((method) => (Object.hasOwn(KINDS, method) ? [KINDS[method]] : [])));
  if (kinds.size === 0) return undefined;
  return kinds.size > 1 ? 'aal2' : 'aal1';
}
