import { describe, expect, test } from 'vitest';
import type { Mail } from '../src/accounts/mail/mail.ts';
import { createMailer, type SendMail } from '../src/accounts/mail/mailer.ts';
import { deriveSecrets } from '../src/secrets/secrets.ts';
import { sqlite } from '../src/stores/sqlite.ts';
import { HandClock } from './endpoints/server-under-test.ts';

const SECRET = 'abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEFGH';
const PERSON = { userId: undefined, email: 'kim@example.test', locale: 'en' };

async function openOutbox(sendMail: SendMail) {
  const clock = new HandClock();
  const store = await sqlite(':memory:').open({ issuer: 'https://auth.example.test', clock: clock.read });
  const log: string[] = [];
  const mailer = createMailer({
    store,
    secrets: deriveSecrets([SECRET]),
    sendMail,
    log: ({ event }) => log.push(event),
  });
  return {
    clock,
    store,
    log,
    mailer,
    async [Symbol.asyncDispose]() {
      await mailer.close();
      await store.close();
    },
  };
}

describe('the outbox', () => {
  test('a mail whose delivery failed is tried again with the same id, later and later', async () => {
    const tries: Mail[] = [];
    let broken = true;
    await using outbox = await openOutbox(async (mail) => {
      tries.push(mail);
      if (broken) throw new Error('kim@example.test is not answering');
    });
    await outbox.store.enqueueMails(outbox.mailer.write(PERSON, 'account-exists', {}));
    outbox.mailer.kick();
    await expect.poll(() => outbox.log).toEqual(['mail.deferred']);
    outbox.clock.pass(9);
    outbox.mailer.kick();
    outbox.clock.pass(1);
    outbox.mailer.kick();
    await expect.poll(() => outbox.log).toEqual(['mail.deferred', 'mail.deferred']);
    broken = false;
    outbox.clock.pass(20);
    outbox.mailer.kick();
    await expect.poll(() => outbox.log).toEqual(['mail.deferred', 'mail.deferred', 'mail.sent']);
    expect(new Set(tries.map(({ id }) => id)).size).toBe(1);
    outbox.clock.pass(100_000);
    expect(await outbox.store.claimMails(10, 60)).toEqual([]);
  });

  test('a mail that nobody takes for a day is given up, and in the audit log', async () => {
    await using outbox = await openOutbox(async () => {
      throw new Error('no');
    });
    await outbox.store.enqueueMails(outbox.mailer.write(PERSON, 'account-exists', {}));
    for (let hours = 0; hours < 26; hours += 1) {
      outbox.mailer.kick();
      await expect.poll(() => outbox.log.length).toBe(hours + 1);
      outbox.clock.pass(3_600);
      if (outbox.log.at(-1) === 'mail.failed') break;
    }
    expect(outbox.log.at(-1)).toBe('mail.failed');
    expect(outbox.log.length).toBe(26);
    expect(await outbox.store.listAudit({ limit: 1, order: 'newest' })).toMatchObject([
      { event: 'mail-failed', reason: 'account-exists' },
    ]);
  });

  test('a process that dies with a mail in its hands leaves it to another, after the lease', async () => {
    const sent: string[] = [];
    await using outbox = await openOutbox(async ({ id }) => void sent.push(id));
    await outbox.store.enqueueMails(outbox.mailer.write(PERSON, 'account-exists', {}));
    // claimed, and never heard of again
    const [lost] = await outbox.store.claimMails(1, 120);
    outbox.mailer.kick();
    outbox.clock.pass(120);
    outbox.mailer.kick();
    await expect.poll(() => sent).toEqual([lost?.id]);
  });

  test('what rests there shows neither address nor text nor link', async () => {
    await using outbox = await openOutbox(async () => {});
    const [row] = outbox.mailer.write(PERSON, 'reset-password', {
      link: 'https://auth.example.test/link/x',
      minutes: 15,
    });
    const text = Buffer.from(row?.sealed ?? []).toString('latin1');
    for (const part of ['kim@', 'password', '/link/']) expect(text).not.toContain(part);
  });

  test('a row that nobody can read is given up, and in the audit log', async () => {
    await using outbox = await openOutbox(async () => {});
    await outbox.store.enqueueMails([{ userId: undefined, sealed: new Uint8Array(40), secretId: 'gone' }]);
    outbox.mailer.kick();
    await expect.poll(() => outbox.log).toEqual(['mail.failed']);
    expect(await outbox.store.listAudit({ limit: 1, order: 'newest' })).toMatchObject([{ event: 'mail-failed' }]);
  });
});
