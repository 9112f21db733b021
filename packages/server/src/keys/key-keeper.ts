import type { KeyPairAlgorithm } from '@mapae/jwt';
import type { Settings } from '../options.ts';
import type { FeedPublisher } from '../revocations/publisher.ts';
import type { AgreedSecrets } from '../secrets/agreed-secrets.ts';
import type { SigningKeyRow } from '../stores/signing-key-store.ts';
import type { Store } from '../stores/store.ts';
import { planRotation } from './plan-rotation.ts';
import { ensureKeys, makeKey, type SigningKeys } from './signing-keys.ts';

/** Looks after keys and secrets while the server runs. */
export interface KeyKeeper {
  /** One round: reads, rotates what is due, tells verifiers what was taken out of force. @throws {StoreFailed} */
  round(): Promise<void>;
  close(): Promise<void>;
}

/** A key that was removed is noticed within this, and so is a rotation. */
const LOOK_MS = 1_000;
const ANNOUNCE_EVERY = 5;

export interface KeyKeeperOptions {
  readonly settings: Settings;
  readonly store: Store;
  readonly secrets: AgreedSecrets;
  readonly keys: SigningKeys;
  readonly feed: FeedPublisher;
  /** Made in the background where there is none yet. */
  readonly algs: readonly KeyPairAlgorithm[];
}

export function createKeyKeeper({ settings, store, secrets, keys, feed, algs }: KeyKeeperOptions): KeyKeeper {
  const told = new Set<string>();
  let looks = 0;
  let failing = false;
  let running: Promise<void> | undefined;

  async function round(): Promise<void> {
    if (looks++ % ANNOUNCE_EVERY === 0) await secrets.announce();
    const rows = await keys.reload();
    // after the reload: the frame is signed by a key that remains
    const removed = (await store.listRemovedKeys()).filter((kid) => !told.has(kid));
    if (removed.length > 0) {
      await feed.announceRemovedKeys(removed);
      for (const kid of removed) told.add(kid);
      settings.log({ level: 'warn', event: 'keys.removed', kids: removed });
    }
    await ensureKeys(store, secrets, algs);
    for (const alg of algs) await rotate(alg, rows);
  }

  async function rotate(alg: KeyPairAlgorithm, rows: readonly SigningKeyRow[]): Promise<void> {
    const own = rows.filter((row) => row.alg === alg);
    if (own.length === 0) return;
    const { now } = await store.readState();
    const schedule = { rotationMs: settings.keyRotationSeconds * 1000, leadMs: settings.keyLeadSeconds * 1000 };
    // a look without a lock; whether it is due is decided by the step
    const plan = planRotation(own, now, { ...schedule, lagMs: settings.accessTokenSeconds * 1000 });
    if (!plan.promote && !plan.needsNext && plan.drop.length === 0) return;
    const { promoted } = await store.rotateSigningKeys({ spare: await makeKey(alg, secrets), ...schedule });
    await keys.reload();
    if (promoted) settings.log({ level: 'info', event: 'keys.rotated', alg });
  }

  async function look(): Promise<void> {
    try {
      await round();
      failing = false;
    } catch (error) {
      if (!failing)
        settings.log({
          level: 'error',
          event: 'keys.failing',
          reason: error instanceof Error ? error.name : 'unknown',
        });
      failing = true;
    }
  }

  const timer = setInterval(() => {
    running ??= look().finally(() => {
      running = undefined;
    });
  }, LOOK_MS).unref();

  return {
    round,
    async close() {
      clearInterval(timer);
      await running;
      await secrets.leave().catch(() => {});
    },
  };
}
