import { describe, expect, test } from 'vitest';
import { openServer, PASSWORD, verdict } from './server-under-test.ts';

describe('the development mailbox', () => {
  test('holds what would have been sent, as JSON and as a page without script', async () => {
    await using dev = await openServer({ issuer: 'http://localhost:4000', mode: 'development', sendMail: undefined });
    await dev.signUp('kim@example.test');
    await expect
      .poll(async () => ((await (await dev.call('/dev/mailbox')).json()) as { mails: unknown[] }).mails.length)
      .toBe(1);
    const page = await dev.call('/dev/mailbox', { headers: { accept: 'text/html,*/*' } });
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toMatch(/<a href="http:\/\/localhost:4000\/link\/verify-email\?token=[\w-]{22}">/);
  });

  test('does not exist in production, nor where mails are sent, nor under another name (DNS rebinding)', async () => {
    await using production = await openServer({ sendMail: undefined });
    expect(await verdict(await production.call('/dev/mailbox'))).toEqual([404, 'request/not-found']);
    await using sending = await openServer({ issuer: 'http://localhost:4000', mode: 'development' });
    expect(await verdict(await sending.call('/dev/mailbox'))).toEqual([404, 'request/not-found']);
    await using dev = await openServer({ issuer: 'http://localhost:4000', mode: 'development', sendMail: undefined });
    const rebound = await dev.server.fetch(new Request('http://evil.example:4000/dev/mailbox'));
    expect(rebound.status).toBe(404);
  });
});

describe('requireVerifiedEmail', () => {
  test('sign-in waits for the verified address, says so to whoever knows the password only, and mails again', async () => {
    await using under = await openServer({ requireVerifiedEmail: true });
    await under.signUp('kim@example.test');
    const json = { email: 'kim@example.test', password: PASSWORD, delivery: 'bearer' };
    expect(await verdict(await under.call('/v1/sign-in', { json }))).toEqual([403, 'account/unverified']);
    const wrong = await under.call('/v1/sign-in', { json: { ...json, password: 'wrong' } });
    expect(await verdict(wrong)).toEqual([401, 'account/credentials']);
    await expect.poll(() => under.mails.length).toBe(2);
    const token = /\?token=([\w-]{22})/.exec(under.mails.at(-1)?.text ?? '')?.[1];
    expect((await under.call('/v1/email/verify', { json: { token } })).status).toBe(204);
    await under.signIn('kim@example.test');
  });
});
