import { createKeySet } from '@mapae/jwt';
import { createFrameReader } from './feed-frame.ts';
import type { IssuerSettings } from './issuer-options.ts';
import type { VerifierSettings } from './options.ts';
import type { RemoteKeySet } from './remote-key-set.ts';
import { followRevocationFeed, type RevocationFeed } from './revocation-feed.ts';
import type { RevocationList } from './revocation-list.ts';

export interface IssuerFeedInput {
  readonly own: IssuerSettings;
  readonly settings: VerifierSettings<unknown>;
  readonly keys: RemoteKeySet;
  readonly list: RevocationList;
  readonly log: (event: string) => void;
  readonly onFrame: () => void;
}

/** Follows the feed of one issuer, whose frames are checked with its keys; undefined where there is none. */
export function followIssuerFeed(input: IssuerFeedInput): RevocationFeed | undefined {
  const { own, settings, keys, list, log, onFrame } = input;
  if (own.feed === false) return undefined;
  const { issuer } = own;
  const { metrics } = settings;
  const nothing = createKeySet([]);
  return followRevocationFeed({
    ...own.feed,
    fetch: own.fetch,
    list,
    log,
    maxRevocations: settings.maxRevocations,
    clock: settings.clock,
    monotonic: settings.monotonic,
    jitter: settings.jitter,
    onFrame({ event, lagMs }) {
      metrics.count('mapae_verifier_frames', { event, issuer });
      metrics.observe('mapae_verifier_feed_lag_seconds', lagMs / 1_000, { issuer });
      onFrame();
    },
    readFrame: createFrameReader(issuer, () => keys.current ?? nothing, settings.clock),
    async prepareKeys(again) {
      if (again) await keys.refresh('feed');
      if (keys.current === undefined) await keys.refresh('start');
      return keys.current !== undefined;
    },
    removeKeys(kids) {
      // what replaced them is asked for once; a repetition asks for nothing
      if (keys.remove(kids)) void keys.refresh('feed');
    },
    freshWithinMs: (settings.staleAfterSeconds + settings.clockToleranceSeconds) * 1_000,
    pollSeconds: settings.staleAfterSeconds < 4 ? 1 : 2,
  });
}
