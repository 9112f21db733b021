import { protect } from '@mapae/verifier/next';
import { verifier } from '../../lib/verifier.ts';

export const GET = protect(verifier, () => new Response('in'), { scope: 'admin' });
