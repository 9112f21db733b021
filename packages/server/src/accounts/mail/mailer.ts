import type { LogEntry } from '../../options.ts';
import { type Secrets, seal, unseal } from '../../secrets/secrets.ts';
import type { NewMail, QueuedMail } from '../../stores/account-store.ts';
import type { Store } from '../../stores/store.ts';
import { hasAddress } from '../no-address.ts';
import { composeMail } from './compose.ts';
import { chooseLocale, type Mail } from './mail.ts';
import type { MailTemplate, MailValues } from './templates.ts';

/** Hands a mail to whoever delivers it; resolves once they have taken it over. */
export type SendMail = (mail: Mail) => Promise<void>;

/** Mails go through the outbox: written with what they tell, sent afterwards, tried again until they are taken. */
export interface Mailer {
  /** @returns A row for the outbox; none where the server was given nothing to send mail with. */
  write<T extends MailTemplate>(to: Recipient, template: T, values: MailValues[T]): readonly NewMail[];
  /** A row that is dropped: where there is nobody to tell, as much is written as where there is. */
  writeNothing(): readonly NewMail[];
  /** Sends what is due. Call it after a commit; it happens once a second anyway. */
  kick(): void;
  close(): Promise<void>;
}

export interface Recipient {
  readonly userId: string | undefined;
  readonly email: string;
  /** BCP 47, or an Accept-Language. */
  readonly locale: string | undefined;
}

export interface MailerOptions {
  readonly store: Pick<Store, 'claimMails' | 'settleMail' | 'recordAudit'>;
  readonly secrets: Secrets;
  readonly sendMail: SendMail | undefined;
  readonly log: (entry: LogEntry) => void;
}

const POLL_MS = 1_000;
const AT_ONCE = 10;
/** Longer than a mail may take, so that nobody else begins with it meanwhile. */
const LEASE_SECONDS = 120;
const SEND_MS = 60_000;
const FIRST_RETRY_SECONDS = 10;
const LAST_RETRY_SECONDS = 3_600;
const GIVEN_UP_MS = 24 * 3_600_000;
const LABEL = 'mapae/mail/1';

interface Sealed {
  readonly template: MailTemplate | 'nothing';
  readonly to: string;
  readonly mail: Omit<Mail, 'id' | 'to'>;
}

export function createMailer({ store, secrets, sendMail, log }: MailerOptions): Mailer {
  let closed = false;
  let running: Promise<void> | undefined;
  let again = false;

  function toRow(userId: string | undefined, content: Sealed): NewMail {
    const { current } = secrets;
    return { userId, sealed: Uint8Array.from(seal(current, JSON.stringify(content), LABEL)), secretId: current.id };
  }

  async function deliver(queued: QueuedMail): Promise<void> {
    const content = open(secrets, queued);
    if (content?.template === 'nothing') return store.settleMail(queued.id, 'sent');
    if (content === undefined || sendMail === undefined) return giveUp(queued, content, 'unreadable');
    try {
      await withLimit(sendMail({ id: queued.id, to: content.to, ...content.mail }), SEND_MS);
    } catch (error) {
      // what a mail server says may hold the address
      const reason = error instanceof Error ? error.name : 'unknown';
      if (queued.ageMs > GIVEN_UP_MS) return giveUp(queued, content, reason);
      const retrySeconds = Math.min(FIRST_RETRY_SECONDS * 2 ** (queued.attempt - 1), LAST_RETRY_SECONDS);
      log({ level: 'warn', event: 'mail.deferred', mail: queued.id, template: content.template, retrySeconds, reason });
      return store.settleMail(queued.id, { retrySeconds });
    }
    await store.settleMail(queued.id, 'sent');
    log({ level: 'info', event: 'mail.sent', mail: queued.id, template: content.template, user: queued.userId });
  }

  async function giveUp(queued: QueuedMail, content: Sealed | undefined, reason: string): Promise<void> {
    await store.recordAudit([
      {
        event: 'mail-failed',
        outcome: 'failure',
        userId: queued.userId,
        actor: undefined,
        reason: content?.template ?? reason,
      },
    ]);
    await store.settleMail(queued.id, 'failed');
    log({ level: 'error', event: 'mail.failed', mail: queued.id, template: content?.template, reason });
  }

  async function sendDue(): Promise<void> {
    do {
      again = false;
      try {
        const due = await store.claimMails(AT_ONCE, LEASE_SECONDS);
        if (due.length === AT_ONCE) again = true;
        await Promise.all(due.map(deliver));
      } catch (error) {
        if (!closed)
          log({ level: 'error', event: 'mail.failing', reason: error instanceof Error ? error.name : 'unknown' });
        return;
      }
    } while (again && !closed);
  }

  function kick(): void {
    if (closed) return;
    if (running !== undefined) {
      again = true;
      return;
    }
    running = sendDue().finally(() => {
      running = undefined;
    });
  }

  const timer = setInterval(kick, POLL_MS).unref();
  return {
    write({ userId, email, locale }, template, values) {
      if (sendMail === undefined || !hasAddress(email)) return [];
      return [toRow(userId, { template, to: email, mail: composeMail(template, chooseLocale(locale), values) })];
    },
    writeNothing() {
      if (sendMail === undefined) return [];
      // about as long as a real one
      const mail = { subject: '', text: ' '.repeat(300), html: ' '.repeat(700), locale: 'en' };
      return [toRow(undefined, { template: 'nothing', to: '', mail })];
    },
    kick,
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}

function open(secrets: Secrets, { sealed, secretId }: QueuedMail): Sealed | undefined {
  const secret = secrets.find(secretId);
  const text = secret === undefined ? undefined : unseal(secret, sealed, LABEL);
  // it was sealed here: its shape is ours
  return text === undefined ? undefined : (JSON.parse(text) as Sealed);
}

async function withLimit(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the mail server took too long')), ms).unref();
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
