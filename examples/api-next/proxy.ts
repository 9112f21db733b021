import { createProxy } from '@mapae/verifier/next';
import { verifier } from './lib/verifier.ts';

export const proxy = createProxy(verifier);

/** Only what is guarded anyway. */
export const config = { matcher: ['/me', '/notes/:path*'] };
