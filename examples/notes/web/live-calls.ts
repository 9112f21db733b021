import { byId, create } from './elements.ts';
import { onSignOut, preciseNow } from './sign-out-moment.ts';
import { TEXTS } from './texts.ts';

const EVERY_MS = 100;
const DOTS = 200;

interface LiveCalls {
  call(): Promise<{ readonly ok: boolean; readonly session?: string }>;
  /** After a refusal: whether the session gives another token that is accepted. */
  renew(): Promise<boolean>;
}

/**
 * Calls the API ten times a second and shows each answer as a dot; stops at a refusal that no new token mends, and says how long the
 * refusal took.
 */
export function createLiveCalls({ call, renew }: LiveCalls) {
  let running = false;
  let session: string | undefined;
  let refusedAt: number | undefined;
  let endedAt: number | undefined;

  onSignOut((moment) => {
    if (moment.session !== session) return;
    endedAt = moment.at;
    showRefusal();
  });

  function dot(className: string): void {
    const calls = byId('calls');
    calls.append(create('li', '', className));
    if (calls.childElementCount > DOTS) calls.firstElementChild?.remove();
  }

  function showRefusal(): void {
    if (refusedAt === undefined) return;
    const text = byId('call-text');
    text.className = 'hint refused';
    if (endedAt === undefined) text.textContent = TEXTS.refused;
    else {
      const ms = Math.round(refusedAt - endedAt);
      text.textContent = ms >= 0 ? TEXTS.refusedAfter(ms) : TEXTS.refusedBefore(-ms);
    }
  }

  async function loop(): Promise<void> {
    while (running) {
      const began = performance.now();
      const answer = await call().catch(() => undefined);
      if (!running) return;
      if (answer?.ok === true) {
        session = answer.session;
        dot('');
        byId('call-text').textContent = TEXTS.accepted;
      } else if (answer !== undefined) {
        refusedAt = preciseNow();
        dot('refused');
        showRefusal();
        if (!(await renew())) {
          running = false;
          return;
        }
        refusedAt = undefined;
        byId('call-text').className = 'hint';
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - (performance.now() - began))));
    }
  }

  return {
    start(): void {
      if (running) return;
      running = true;
      refusedAt = undefined;
      endedAt = undefined;
      byId('call-text').className = 'hint';
      void loop();
    },
    stop(): void {
      running = false;
    },
  };
}
