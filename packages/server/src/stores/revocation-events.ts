import type { NewAuditEvent } from './account-store.ts';
import { CODES } from './revocation-rows.ts';
import type { NewRevocation } from './revocation-store.ts';
import type { CutOffTarget, EndedBy } from './session-store.ts';

interface Cause {
  readonly reason: 'admin' | 'restored';
  /** Undefined for the server itself and for commands. */
  readonly by: EndedBy | undefined;
}

/** The event of the audit log for a cut-off; one of everyone names nobody. */
export function cutOffEvent(of: 'sessions' | 'tokens', target: CutOffTarget, { reason, by }: Cause): NewAuditEvent {
  return {
    // a person's sessions that end by a cut-off end as they do otherwise
    event: of === 'sessions' && target.kind === 'subject' ? 'sessions-ended' : `${of}-cut-off`,
    outcome: 'success',
    userId: target.kind === 'subject' ? target.id : undefined,
    clientId: target.kind === 'client' ? target.id : undefined,
    actor: by?.actor,
    ip: by?.ip,
    reason,
  };
}

/** The event for a revocation that was written by itself; that of a session is told where the session ends. */
export function revocationEvent({ code, value }: NewRevocation, by: EndedBy | undefined): NewAuditEvent {
  const { target, of } = CODES[code];
  const cause = { reason: 'admin', by } as const;
  if (of !== undefined) return cutOffEvent(of, targetOf(target, value), cause);
  const told = { outcome: 'success', userId: undefined, actor: by?.actor, ip: by?.ip } as const;
  if (target === 'client') return { ...told, event: 'client-revoked', clientId: value, reason: cause.reason };
  if (target === 'session') return { ...told, event: 'session-ended', sessionId: value, reason: cause.reason };
  // its id says which: no secret
  return { ...told, event: 'token-revoked', reason: value };
}

function targetOf(target: (typeof CODES)[NewRevocation['code']]['target'], id: string): CutOffTarget {
  if (target === 'subject' || target === 'client') return { kind: target, id };
  return { kind: 'everyone' };
}
