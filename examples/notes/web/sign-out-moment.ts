/** When a session was ended in one tab, told to the other tabs of this demo, so that they can show how long it took. Display only. */
export interface SignOutMoment {
  readonly session: string;
  /** Milliseconds since 1970, with fractions. */
  readonly at: number;
}

const channel = new BroadcastChannel('mapae-demo');

/** Now, on the clock that all tabs of a browser share. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now();
}

export function tellSignOut(moment: SignOutMoment): void {
  channel.postMessage(moment);
}

export function onSignOut(listener: (moment: SignOutMoment) => void): void {
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'object' || data === null || !('session' in data) || !('at' in data)) return;
    if (typeof data.session === 'string' && typeof data.at === 'number' && Number.isFinite(data.at))
      listener({ session: data.session, at: data.at });
  });
}
