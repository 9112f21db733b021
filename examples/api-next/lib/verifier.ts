import { createVerifier, type Verifier } from '@mapae/verifier';

const shared = globalThis as typeof globalThis & { mapaeVerifier?: Verifier };

/** One for the process: Next loads this module for the proxy, for each route, and again after each change in development. */
shared.mapaeVerifier ??= createVerifier({
  issuer: process.env['ISSUER'] ?? 'http://localhost:3000',
  audience: 'https://api.example.com',
});

export const verifier = shared.mapaeVerifier;
