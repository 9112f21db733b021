import type { SendMail } from '@mapae/server';
import type { Transporter } from 'nodemailer';
import { CliError } from './failure.ts';

const TIMEOUT_MS = 20_000;

/** Delivery through a mail server. */
export interface Smtp {
  readonly send: SendMail;
  close(): Promise<void>;
}

/**
 * Opens nothing yet: each connection is made when there is a mail.
 *
 * @param url  `smtp://` (then STARTTLS is demanded, but on loopback) or `smtps://`, with user and password.
 * @param from  Address that mails come from, with a name or without.
 * @throws {CliError} for another address.
 */
export function createSmtp(url: string, from: string): Smtp {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'smtp:' && parsed.protocol !== 'smtps:') || parsed.search !== '') {
    throw new CliError(
      'the mail server is no smtp:// or smtps:// address',
      'for instance MAPAE_SMTP=smtps://user:password@mail.example.com',
    );
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname);
  const secure = parsed.protocol === 'smtps:';
  const options = {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 465 : 587) : Number(parsed.port),
    secure,
    // a password or a link must not travel in the clear because somebody on the way said that there is no TLS
    requireTLS: !secure && !loopback,
    ...(parsed.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  // loaded by the first mail: a server starts a quarter of a second sooner
  let transport: Promise<Transporter> | undefined;
  const open = async (): Promise<Transporter> => (await import('nodemailer')).createTransport(options);
  const domain = /@([^\s@>]+)>?\s*$/.exec(from)?.[1];
  if (domain === undefined) {
    throw new CliError(
      'the sender of mails is no address',
      'for instance --mail-from "Example <no-reply@example.com>"',
    );
  }
  return {
    async send({ id, to, subject, text, html }) {
      transport ??= open();
      await (await transport).sendMail({
        from,
        // an object, so that no text is parsed for more addresses
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: `<${id}@${domain}>`,
        // RFC 3834 §5: no vacation notice answers
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    async close() {
      (await transport)?.close();
    },
  };
}
