import { z } from 'zod';
import type { Answer } from './operation.ts';

// Shapes of answers. Endpoints write them by hand; the tests of endpoints hold each answer to its shape.

const time = z.iso.datetime({ precision: 3 });
const id = z.string().length(22);

export const NOTHING: Answer = { description: 'Done; there is no body.' };

export const TOKENS: Answer = {
  description: 'Tokens. RFC 6749 §5.1',
  schema: z.strictObject({
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    scope: z.string(),
    refresh_token: z.string().optional().describe('In bearer delivery only; else it is in the cookie.'),
    device_token: z.string().optional().describe('After a sign-in in bearer delivery; to be sent with the next one.'),
  }),
};

export const EMAIL: Answer = {
  description: 'The same for an address that is new and for one that is known.',
  schema: z.strictObject({ email: z.string() }),
};

export const ME: Answer = {
  description: 'The account.',
  schema: z.strictObject({
    id,
    email: z.string(),
    email_verified: z.boolean(),
    name: z.string().nullable(),
    created_at: time,
    roles: z.array(z.string()),
  }),
};

export const SESSIONS: Answer = {
  description: 'Live sessions, newest first.',
  schema: z.strictObject({
    sessions: z.array(
      z.strictObject({
        id,
        created_at: time,
        last_used_at: time,
        current: z.boolean(),
        device: z.string().nullable(),
        user_agent: z.string().nullable(),
        ip: z.string().nullable(),
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

export const HEALTH: Answer = {
  description: 'The process is up.',
  schema: z.strictObject({ status: z.literal('ok') }),
};

export const READY: Answer = {
  description: 'The database answers.',
  schema: z.strictObject({ status: z.literal('ready') }),
};
