import { describe, expect, test } from 'vitest';
import { BEARER_ORIGIN, type Changed, shareServer, verdict } from './server-under-test.ts';

/** What is one password and what are two, from sign-up to sign-in. */
export function passwordFormTests(name: string, options: Changed): void {
  describe(`forms of a password over ${name}`, () => {
    const { call } = shareServer(options);
    const post = (path: string, email: string, password: string): Promise<Response> =>
      call(path, {
        json: { email, password, ...(path === '/v1/sign-in' ? { delivery: 'bearer' } : {}) },
        headers: { origin: BEARER_ORIGIN },
      });

    test.each([
      [
        'composed and decomposed (NFC), as keyboards differ',
        'a@example.test',
        'café 한글 자물쇠',
        'café 한글 자물쇠'.normalize('NFD'),
        200,
      ],
      [
        'compatible characters: they look alike and are others (NFKC is not applied)',
        'b@example.test',
        'ﬁne horse battery',
        'fine horse battery',
        401,
      ],
      [
        'a cut after 72 bytes',
        'c@example.test',
        `${'한'.repeat(24)} 하나 둘 셋 horse`,
        `${'한'.repeat(24)} 하나 둘 셋 houses`,
        401,
      ],
      ['a NUL', 'd@example.test', 'correct horse\0battery', 'correct horse', 401],
      ['space at the end', 'e@example.test', 'correct horse battery ', 'correct horse battery', 401],
    ])('P06: %s', async (_what, email, chosen, typed, status) => {
      expect((await post('/v1/sign-up', email, chosen)).status).toBe(201);
      expect((await post('/v1/sign-in', email, chosen)).status).toBe(200);
      expect((await post('/v1/sign-in', email, typed)).status).toBe(status);
    });

    test('P05, P06: the cap is said aloud: 1,024 bytes pass, one more is 422 at sign-up and at sign-in, and nothing is cut', async () => {
      const base = `A long one: ${Array.from({ length: 200 }, (_, i) => `${i * 7}x`).join(' ')}`
        .slice(0, 1_024)
        .padEnd(1_024, 'q');
      expect((await post('/v1/sign-up', 'f@example.test', base)).status).toBe(201);
      expect((await post('/v1/sign-in', 'f@example.test', base)).status).toBe(200);
      for (const path of ['/v1/sign-up', '/v1/sign-in'])
        expect(await verdict(await post(path, 'f@example.test', `${base}q`))).toEqual([422, 'request/invalid']);
      expect((await post('/v1/sign-in', 'f@example.test', base.slice(0, -1))).status).toBe(401);
    });
  });
}
