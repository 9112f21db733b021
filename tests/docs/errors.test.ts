import { readFileSync } from 'node:fs';
import { KEY_ERRORS, SIGNING_ERRORS, TOKEN_ERRORS } from '@mapae/jwt';
import { PROBLEMS, SOCIAL_OPTION_ERRORS } from '@mapae/server';
import { REFUSALS } from '@mapae/verifier';
import { expect, test } from 'vitest';

test('docs/errors.md holds every code, and no other', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code ?? '');
  const known = [TOKEN_ERRORS, KEY_ERRORS, SIGNING_ERRORS, REFUSALS, PROBLEMS, SOCIAL_OPTION_ERRORS].flatMap((table) =>
    Object.keys(table),
  );
  expect(new Set(listed)).toEqual(new Set(known));
  expect(listed).toHaveLength(known.length);
});
