import { protect } from '@mapae/verifier/next';
import { verifier } from '../../lib/verifier.ts';

export const GET = protect(verifier, (_request, principal) => new Response(principal.subject));

export const POST = protect(verifier, async (request) => new Response(await request.text()));
