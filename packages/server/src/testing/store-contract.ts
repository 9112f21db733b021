import { accessTokenCases } from './store-contract/access-tokens.ts';
import { accountChangeCases } from './store-contract/account-changes.ts';
import { accountCases } from './store-contract/accounts.ts';
import { cleanUpCases } from './store-contract/clean-up.ts';
import { cutOffCases } from './store-contract/cut-offs.ts';
import { epochCases } from './store-contract/epoch.ts';
import { faultCases } from './store-contract/faults.ts';
import { feedCases } from './store-contract/feed.ts';
import type { StoreCase } from './store-contract/harness.ts';
import { limitCases } from './store-contract/limits.ts';
import { loginCases } from './store-contract/logins.ts';
import { oneTimeTokenCases } from './store-contract/one-time-tokens.ts';
import { outboxAndAuditCases } from './store-contract/outbox-and-audit.ts';
import { refreshCases } from './store-contract/refresh.ts';
import { sessionCases } from './store-contract/sessions.ts';

export type { StoreCase, StoreHarness } from './store-contract/harness.ts';

/**
 * The suite that every store runs: what the contract in `stores/store.ts` promises, one fact a case.
 *
 * @returns Cases for whatever test runner: each runs on an empty database and rejects with an AssertionError.
 */
export function storeContract(): readonly StoreCase[] {
  return [
    ...accountCases,
    ...accountChangeCases,
    ...oneTimeTokenCases,
    ...outboxAndAuditCases,
    ...sessionCases,
    ...cutOffCases,
    ...refreshCases,
    ...epochCases,
    ...accessTokenCases,
    ...feedCases,
    ...limitCases,
    ...loginCases,
    ...cleanUpCases,
    ...faultCases,
  ];
}
