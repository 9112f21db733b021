import { z } from 'zod';
import { authenticateAdmin } from '../admin/authenticate-admin.ts';
import { readQuery } from '../checks/query.ts';
import { AUDIT_EVENTS } from '../stores/account-store.ts';
import { describeEvent } from './account.ts';
import { AUDIT, AUDIT_LINES } from './answers.ts';
import type { Operation } from './operation.ts';
import { readPage } from './page.ts';

const number = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const eventName = z.enum(AUDIT_EVENTS);
const EVENTS = {
  before: number.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  user: z.string().length(22).optional(),
  event: eventName.optional(),
};
const LINES = {
  after: number.default(0),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
};

/** `GET /v1/admin/audit`: newest first. */
export const listAudit: Operation = {
  summary: 'What happened, newest first',
  credential: 'admin',
  query: EVENTS,
  answers: { 200: AUDIT },
  async run(context, request) {
    await authenticateAdmin(context, request);
    const { before, limit, user, event } = readQuery(request, EVENTS);
    const { rows, next } = await readPage(
      limit,
      (count) =>
        context.store.listAudit({
          limit: count,
          order: 'newest',
          ...(before === undefined ? {} : { cursor: before }),
          ...(user === undefined ? {} : { userId: user }),
          ...(event === undefined ? {} : { event }),
        }),
      ({ number: last }) => last,
    );
    return Response.json({ events: rows.map(describeEvent), next });
  },
};

/** `GET /v1/admin/audit/export`: one event a line, oldest first; whoever goes on from the last number misses none and sees none twice. */
export const exportAudit: Operation = {
  summary: 'What happened, as JSON lines, oldest first',
  credential: 'admin',
  query: LINES,
  answers: { 200: AUDIT_LINES },
  async run(context, request) {
    await authenticateAdmin(context, request);
    const { after, limit } = readQuery(request, LINES);
    const events = await context.store.listAudit({ limit, order: 'settled', cursor: after });
    const lines = events.map((event) => `${JSON.stringify(describeEvent(event))}\n`).join('');
    return new Response(lines, { headers: { 'content-type': 'application/x-ndjson' } });
  },
};
