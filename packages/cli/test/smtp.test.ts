import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import { type AddressObject, type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect, test } from 'vitest';
import { createSmtp } from '../src/smtp.ts';

const FROM = 'Example <no-reply@example.com>';
const MAIL = {
  id: 'AZt22qgAfuaY6m6ox8W7JA',
  to: 'kim@example.test',
  subject: '이메일 주소를 확인해 주세요',
  text: '아래 링크\n\nhttps://auth.example.com/link/verify-email?token=abc\n.\n끝\n',
  html: '<p>아래 <a href="https://auth.example.com/link/verify-email?token=abc">링크</a></p>',
  locale: 'ko',
};

async function openMailServer(options: SMTPServerOptions = {}) {
  const received: { readonly to: readonly string[]; readonly mail: ParsedMail }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, session, done) {
      callbackify(async () => {
        const mail = await simpleParser(stream);
        received.push({ to: session.envelope.rcptTo.map(({ address }) => address), mail });
      })(done);
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const addresses = (one: AddressObject | AddressObject[] | undefined): (string | undefined)[] =>
  [one ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address));

test('a mail arrives as it was written: text and HTML, Korean, the id as its Message-ID', async () => {
  await using server = await openMailServer();
  await createSmtp(server.url, FROM).send(MAIL);
  const [{ to, mail } = { to: [], mail: undefined }] = server.received;
  expect(to).toEqual(['kim@example.test']);
  expect(mail?.subject).toBe(MAIL.subject);
  expect(mail?.text).toBe(MAIL.text);
  expect(mail?.html).toBe(MAIL.html);
  expect(mail?.messageId).toBe(`<${MAIL.id}@example.com>`);
  expect(addresses(mail?.from)).toEqual(['no-reply@example.com']);
  expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
});

test.each([
  'kim@example.test,eve@example.test',
  'Kim <eve@example.test>',
  'kim@example.test\r\nBcc: eve@example.test',
  'kim@example.test>\r\nRCPT TO:<eve@example.test',
])('P14: %j reaches nobody else and adds no header', async (to) => {
  await using server = await openMailServer();
  await createSmtp(server.url, FROM)
    .send({ ...MAIL, to })
    .catch(() => {});
  for (const { to: reached, mail } of server.received) {
    expect(reached).not.toContain('eve@example.test');
    expect(mail.bcc).toBeUndefined();
  }
});

test('a mail server that refuses, or is not there, is an error: the outbox tries again', async () => {
  await using server = await openMailServer({
    onRcptTo: (_address, _session, done) => done(Object.assign(new Error('try later'), { responseCode: 451 })),
  });
  await expect(createSmtp(server.url, FROM).send(MAIL)).rejects.toThrow(/try later/);
  await expect(createSmtp('smtp://127.0.0.1:1', FROM).send(MAIL)).rejects.toThrow(/ECONNREFUSED/);
  expect(server.received).toEqual([]);
});

test.each(['http://mail.example.com', 'mail.example.com', 'smtp://mail.example.com?tls=no', ''])(
  'the address %j is a usage error',
  (url) => {
    expect(() => createSmtp(url, FROM)).toThrow(/smtp/);
  },
);

test('a sender that is no address is a usage error', () => {
  expect(() => createSmtp('smtp://127.0.0.1:25', 'Example')).toThrow(/sender/);
});
