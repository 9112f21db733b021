// One file, so that at its end it is known which documented answers were seen.
import './body-rules.ts';
import './addresses.ts';
import './credentials.ts';
import './cross-origin.ts';
import './delivery.ts';
import './figures.ts';
import './feed.ts';
import './client-address.ts';
import './limits.ts';
import './hooks.ts';
import './mailbox.ts';
import './social-failures.ts';
import './social-generic.ts';
import './social-providers.ts';
import './social-refusals.ts';
import './social.ts';
import './social-variants.ts';
import './metadata.ts';
import './trouble.ts';
import { beforeAll, expect, test } from 'vitest';
import { ROUTES } from '../../src/endpoints/routes.ts';
import { describeApi } from '../../src/openapi/document.ts';
import { accountTests } from './account.ts';
import { adminTests } from './admin.ts';
import { DATABASES } from './databases.ts';
import { forgetAnswers, unseenAnswers } from './documented.ts';
import { introspectionTests, tokenFormatTests } from './introspection.ts';
import { mailFlowTests } from './mail-flows.ts';
import { passwordFormTests } from './password-forms.ts';
import { refusedSignInTests } from './refused-sign-ins.ts';

beforeAll(forgetAnswers);

for (const [name, options] of DATABASES) {
  accountTests(name, options);
  mailFlowTests(name, options);
  adminTests(name, options);
  passwordFormTests(name, options);
  refusedSignInTests(name, options);
  introspectionTests(name, options);
}
tokenFormatTests();

test('every documented answer was produced by a test above, and each one seen was a documented one', () => {
  expect(unseenAnswers()).toEqual([]);
});

test('docs/openapi.json is what the server serves (vitest -u writes it)', async () => {
  const document = { ...describeApi(ROUTES), servers: [{ url: 'https://auth.example.com' }] };
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/openapi.json');
});
