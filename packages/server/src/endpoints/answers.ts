import { z } from 'zod';
import type { Answer } from './operation.ts';

// Shapes of answers. Endpoints write them by hand; the tests of endpoints hold each answer to its shape.

const time = z.iso.datetime({ precision: 3 });
const id = z.string().length(22);

export const SEE_OTHER: Answer = {
  description: 'Go on there: a provider, a page of this server, or an origin on the list.',
};
export const PROVIDERS: Answer = {
  description: 'Providers in the order of the settings; `native` where apps may bring ID tokens.',
  schema: z.strictObject({
    providers: z.array(z.strictObject({ id: z.string(), name: z.string(), native: z.boolean() })),
  }),
};

const login = z.strictObject({
  id,
  provider: z.string(),
  name: z.string().describe('Of the provider.'),
  email: z.string().nullable().describe('As the provider says.'),
  created_at: time,
  last_used_at: time,
});
export const LOGIN: Answer = { description: 'The login is linked.', schema: login };
export const LOGINS: Answer = { description: 'Oldest first.', schema: z.strictObject({ logins: z.array(login) }) };
export const LINK_BEGUN: Answer = {
  description: 'Where to send the browser. The cookie that is set has to come back with it.',
  schema: z.strictObject({ location: z.url() }),
};

export const NOTHING: Answer = { description: 'Done; there is no body.' };

const tokens = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  scope: z.string(),
  refresh_token: z.string().optional().describe('In bearer delivery only; else it is in the cookie.'),
});

export const TOKENS: Answer = {
  description: 'Tokens. RFC 6749 §5.1',
  schema: tokens.extend({
    device_token: z.string().optional().describe('After a sign-in in bearer delivery; to be sent with the next one.'),
  }),
};

export const REFRESHED: Answer = {
  description: 'Tokens. RFC 6749 §6',
  schema: tokens.extend({
    rotated: z
      .boolean()
      .describe('The refresh token is another one than the one presented: its Idempotency-Key is done with.'),
  }),
};

export const EMAIL: Answer = {
  description: 'The same for an address that is new and for one that is known.',
  schema: z.strictObject({ email: z.string() }),
};

export const ACCEPTED: Answer = { description: 'It will be done; there is no body.' };

const account = z.strictObject({
  id,
  email: z.string().nullable(),
  email_verified: z.boolean(),
  name: z.string().nullable(),
  picture: z.string().nullable(),
  locale: z.string().nullable(),
  created_at: time,
  roles: z.array(z.string()),
});

export const ME: Answer = { description: 'The account.', schema: account };

const session = z.strictObject({
  id,
  created_at: time,
  last_used_at: time,
  current: z.boolean(),
  device: z.string().nullable(),
  user_agent: z.string().nullable(),
  ip: z.string().nullable(),
});

export const SESSIONS: Answer = {
  description: 'Live sessions, newest first.',
  schema: z.strictObject({ sessions: z.array(session) }),
};

const event = z.strictObject({
  number: z.int().describe('Ascending, in order for each user.'),
  at: time,
  event: z.string(),
  outcome: z.enum(['success', 'failure']),
  user: z.string().nullable().describe('Whom it is about.'),
  actor: z.string().nullable().describe('Who did it; null for the server and for strangers.'),
  session: z.string().nullable(),
  client: z.string().nullable(),
  ip: z.string().nullable(),
  reason: z.string().nullable(),
  count: z.int().describe('How many were alike: refusals are told as one event a minute.'),
  since: time.nullable().describe('When the first of them was, where they are counted.'),
});

export const EXPORT: Answer = {
  description: 'Account, logins, live sessions and the newest 1,000 events.',
  schema: z.strictObject({ account, logins: z.array(login), sessions: z.array(session), events: z.array(event) }),
};

const user = account.extend({ suspended_at: time.nullable() });

export const ADMIN_USER: Answer = { description: 'The user.', schema: user };

export const ADMIN_USERS: Answer = {
  description: 'A page of users; `next` is the `after` of the next one.',
  schema: z.strictObject({ users: z.array(user), next: id.nullable() }),
};

export const RESET_LINK: Answer = {
  description: 'The link, and for how many seconds it works.',
  schema: z.strictObject({ link: z.url(), expires_in: z.int() }),
};

export const AUDIT: Answer = {
  description: 'Events, newest first; `next` is the `before` of the next page.',
  schema: z.strictObject({ events: z.array(event), next: z.int().nullable() }),
};

export const AUDIT_LINES: Answer = {
  description: 'One event a line, oldest first.',
  schema: z.string(),
  type: 'application/x-ndjson',
};

export const MAILBOX: Answer = {
  description: 'In development: the newest mails. As a page where HTML is asked for.',
  page: true,
  schema: z.strictObject({
    mails: z.array(
      z.strictObject({
        id,
        at: time,
        to: z.string(),
        subject: z.string(),
        text: z.string(),
        html: z.string(),
        locale: z.string(),
      }),
    ),
  }),
};

export const KEY_SET: Answer = {
  description: 'Public keys, active and next. RFC 7517 §5',
  schema: z.strictObject({
    keys: z.array(z.looseObject({ kty: z.string(), alg: z.string(), kid: z.string(), use: z.literal('sig') })),
  }),
};

export const METADATA: Answer = {
  description: 'What exists at this server. RFC 8414 §2',
  schema: z.strictObject({
    issuer: z.url(),
    jwks_uri: z.url(),
    response_types_supported: z.array(z.string()),
    scopes_supported: z.array(z.string()),
    revocation_feed_uri: z.url(),
    introspection_endpoint: z.url().optional().describe('Where an API may ask about tokens. RFC 8414 §2'),
    introspection_endpoint_auth_methods_supported: z.array(z.string()).optional(),
    introspection_endpoint_auth_signing_alg_values_supported: z.array(z.string()).optional(),
  }),
};

export const INTROSPECTION: Answer = {
  description: 'What is to be said of the token: of one that is not active, nothing else. RFC 7662 §2.2',
  schema: z.looseObject({
    active: z.boolean(),
    token_type: z.literal('Bearer').optional(),
    iss: z.url().optional(),
    aud: z.string().optional(),
    sub: id.optional(),
    client_id: z.string().optional(),
    sid: id.optional(),
    jti: id.optional(),
    iat: z.int().optional(),
    exp: z.int().optional(),
    scope: z.string().optional(),
  }),
};

export const FRAMES: Answer = {
  description: 'Server-Sent Events, each a signed frame. docs/protocol.md §5',
  schema: z.string(),
  type: 'text/event-stream',
};

export const POLLED_FRAMES: Answer = {
  description: 'What was missed, then a heartbeat, each a signed frame. docs/protocol.md §5',
  schema: z.strictObject({ frames: z.array(z.string()) }),
};

export const SNAPSHOT: Answer = {
  description: 'A signed frame and the rows it counts. docs/protocol.md §5',
  schema: z.string(),
  type: 'application/octet-stream',
};

export const DOCUMENT: Answer = { description: 'This document.', schema: z.looseObject({ openapi: z.string() }) };

export const REFERENCE: Answer = { description: 'The reference page.', schema: z.string(), type: 'text/html' };

export const METRICS: Answer = {
  description: 'Figures in the Prometheus text format.',
  schema: z.string(),
  type: 'text/plain',
};

export const HEALTH: Answer = {
  description: 'The process is up.',
  schema: z.strictObject({ status: z.literal('ok') }),
};

export const READY: Answer = {
  description: 'The database answers.',
  schema: z.strictObject({ status: z.literal('ready') }),
};
