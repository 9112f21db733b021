import { SocialFailed } from './failure.ts';
import type { Provider } from './provider.ts';

/** For all that one request of a person asks of a provider. Each answer has a limit of its own, and there may be four of them. */
const DEADLINE_MS = 10_000;

/** A provider that is given up on when everything together takes too long. What still comes is nobody's: nothing was made of it. */
export function withDeadline(provider: Provider, deadlineMs: number = DEADLINE_MS): Provider {
  const { verifyNative } = provider;
  return {
    ...provider,
    begin: (flow) => inTime(provider.begin(flow), deadlineMs),
    finish: (flow, parameters) => inTime(provider.finish(flow, parameters), deadlineMs),
    ...(verifyNative === undefined ? {} : { verifyNative: (given) => inTime(verifyNative(given), deadlineMs) }),
  };
}

/** @throws {SocialFailed} `provider-down` */
async function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SocialFailed('provider-down', 'timeout')), deadlineMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
