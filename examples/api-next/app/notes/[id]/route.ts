import { protect } from '@mapae/verifier/next';
import type { NextRequest } from 'next/server';
import { verifier } from '../../../lib/verifier.ts';

interface Context {
  readonly params: Promise<{ readonly id: string }>;
}

/** What Next hands on comes after the principal. */
export const GET = protect(
  verifier,
  async (request: NextRequest, principal, { params }: Context) =>
    Response.json({ id: (await params).id, by: principal.subject, path: request.nextUrl.pathname }),
  { scope: 'notes:read' },
);
