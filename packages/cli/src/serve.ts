import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import {
  type AuthorizationServer,
  createServer,
  databaseFromUrl,
  type ServerOptions,
  SocialMisconfigured,
} from '@mapae/server';
import type { Logger } from 'pino';
import { databaseError, databaseUrl } from './database.ts';
import { CliError } from './failure.ts';
import { findSecrets } from './find-secrets.ts';
import { type Listening, listen } from './listen.ts';
import { logTo } from './log.ts';
import { DEFAULT_PORT, issuerOf, type Settings } from './settings.ts';
import { createSmtp } from './smtp.ts';

const GRACE_MS = 10_000;
/** A balancer that asks `/readyz` every second or two has noticed by then. */
const DRAIN_SECONDS = 5;

/** A running `mapae serve`. */
export interface Serving {
  readonly issuer: string;
  readonly port: number;
  /** While there is no administrator: to be shown to whoever started this, and to nobody else. */
  readonly firstAdminLink: string | undefined;
  /** Drains and closes everything; a second call cuts what is still open. */
  stop(): Promise<void>;
}

/**
 * Starts the authorization server of these settings.
 *
 * @throws {CliError} for everything a person can mend: settings, secret, data folder, port.
 */
export async function serve(settings: Partial<Settings>, log: Logger): Promise<Serving> {
  const dev = settings.dev ?? false;
  const port = settings.port ?? DEFAULT_PORT;
  const issuer = issuerOf(settings);
  if (dev && settings.host !== undefined && !isLoopback(settings.host)) {
    throw new CliError(
      '--dev listens on loopback only: its revocation feed is open',
      'leave --host out, or leave --dev out',
    );
  }
  const server = await open({
    issuer,
    database: databaseFromUrl(databaseUrl(settings)),
    secrets: findSecrets(settings).secrets,
    mode: dev ? 'development' : 'production',
    log: logTo(log),
    ...(settings.migrate === true ? { schema: 'apply' as const } : {}),
    ...(dev && settings.feedKeys === undefined ? { dangerouslyOpenFeed: true } : {}),
    ...passedOn(settings),
    ...mailOptions(settings),
    pages: pageOptions(settings),
  });
  let listening: Listening;
  try {
    listening = await listen(listenerFor(server), port, settings.host);
  } catch (error) {
    await server.close();
    throw error;
  }
  log.info({
    event: 'listening',
    issuer,
    port: listening.port,
    mode: dev ? 'development' : 'production',
    node: process.version,
  });
  return {
    issuer,
    port: listening.port,
    firstAdminLink: server.firstAdminLink,
    stop: stopOnce({ server, listening, log, drainSeconds: settings.drainSeconds ?? (dev ? 0 : DRAIN_SECONDS) }),
  };
}

const SAME_NAME = [
  'resources',
  'origins',
  'bearerOrigins',
  'feedKeys',
  'trustedProxies',
  'accessTokenSeconds',
  'idleSeconds',
  'absoluteSeconds',
  'requireVerifiedEmail',
  'social',
  'auditSeconds',
  'metricsKey',
  'traces',
] as const;

function passedOn(settings: Partial<Settings>): Partial<ServerOptions> {
  return Object.fromEntries(
    SAME_NAME.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])),
  );
}

function pageOptions({ pages = {}, name, home }: Partial<Settings>): NonNullable<ServerOptions['pages']> {
  if (pages === false) return false;
  return { ...pages, ...(name === undefined ? {} : { name }), ...(home === undefined ? {} : { home }) };
}

/** @throws {CliError} where the one is there without the other. */
function mailOptions({ smtp, mailFrom }: Partial<Settings>): Pick<ServerOptions, 'sendMail'> {
  if (smtp === undefined && mailFrom === undefined) return {};
  if (smtp === undefined || mailFrom === undefined) {
    throw new CliError('mail needs both a server and a sender', 'set MAPAE_SMTP and --mail-from');
  }
  return { sendMail: createSmtp(smtp, mailFrom).send };
}

async function open(options: ServerOptions): Promise<AuthorizationServer> {
  try {
    return await createServer(options);
  } catch (cause) {
    if (cause instanceof SocialMisconfigured)
      throw new CliError(cause.message, 'see docs/guides/social', undefined, { cause });
    throw await databaseError(cause);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function listenerFor(server: AuthorizationServer): RequestListener {
  const listener = getRequestListener((request, env) => {
    const remoteAddress = (env as HttpBindings).incoming.socket.remoteAddress;
    return server.fetch(request, remoteAddress === undefined ? {} : { remoteAddress });
  });
  return (request, response) => void listener(request, response);
}

interface Stopping {
  readonly server: AuthorizationServer;
  readonly listening: Listening;
  readonly log: Logger;
  readonly drainSeconds: number;
}

/**
 * Not ready first, while the balancer looks away; then no new connection, the feed's streams and the answers under way
 * end, and the database is closed.
 */
function stopOnce({ server, listening, log, drainSeconds }: Stopping): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const hurry = new AbortController();
  const stop = async (): Promise<void> => {
    server.drain();
    listening.drain();
    if (drainSeconds > 0) {
      log.info({ event: 'draining', seconds: drainSeconds });
      await sleep(drainSeconds * 1_000, undefined, { signal: hurry.signal }).catch(() => {});
    }
    const closed = listening.close(hurry.signal.aborted ? 0 : GRACE_MS);
    await server.close();
    await closed;
    log.info({ event: 'stopped' });
  };
  return async () => {
    if (stopping === undefined) {
      stopping = stop();
      return stopping;
    }
    hurry.abort();
    await Promise.all([stopping, listening.close(0)]);
  };
}
