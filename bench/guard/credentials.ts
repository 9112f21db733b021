import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../harness/server-process.ts';
import { AUDIENCE, ISSUER, makeClaims, makeMaterial, makeToken, makeTokens } from '../jwt/material.ts';
import { manyAccessTokens, signUp } from '../servers/account.ts';
import type { AuthServerReady } from '../servers/auth-server.ts';
import type { GuardAlgorithm, GuardSettings } from './settings.ts';

const API = 'https://notes.example';
const ALGORITHMS: readonly GuardAlgorithm[] = ['HS256', 'ES256', 'EdDSA'];
/** Signed out before measuring, so that the revocation list is asked and not just empty. */
const SIGNED_OUT = 20;

/** Everything that lets somebody in: tokens of ours from a real server, and the peers' from keys made here. */
export interface Credentials {
  readonly settings: Omit<GuardSettings, 'guard'>;
  /** Few, so that each is soon remembered. */
  readonly seen: readonly string[];
  /** Four times as many as a guard remembers, so that none is ever found. */
  readonly unseen: readonly string[];
  readonly theirs: Readonly<Record<GuardAlgorithm, readonly string[]>>;
  /** One of ours whose session is over, and whose time is not. */
  readonly revoked: string;
  /** One each whose time is over. */
  readonly expired: Readonly<Record<GuardAlgorithm, string>>;
  stop(): Promise<void>;
}

export async function makeCredentials(seenCount: number, cacheEntries: number): Promise<Credentials> {
  const folder = mkdtempSync(join(tmpdir(), 'mapae-bench-'));
  const server = await startServer<AuthServerReady>(
    new URL('../servers/auth-server.ts', import.meta.url),
    { database: `sqlite:${join(folder, 'mapae.db')}`, secret: randomBytes(32).toString('base64url'), api: API },
    { core: 1 },
  );
  const { issuer } = server.ready;
  const account = await signUp(issuer, API);
  let revoked = '';
  for (let session = 0; session < SIGNED_OUT; session++) {
    const { accessToken, refreshToken } = await account.signIn();
    await account.signOut(refreshToken);
    revoked = accessToken;
  }
  const tokens = await manyAccessTokens(account, seenCount + cacheEntries * 4);
  const materials = ALGORITHMS.map((alg) => [alg, makeMaterial(alg)] as const);
  const past = Math.floor(Date.now() / 1_000) - 600;
  const byAlgorithm = <T>(make: (material: ReturnType<typeof makeMaterial>) => T): Record<GuardAlgorithm, T> =>
    Object.fromEntries(materials.map(([alg, material]) => [alg, make(material)])) as Record<GuardAlgorithm, T>;
  return {
    settings: {
      mapae: { issuer, api: API, cacheEntries },
      keys: byAlgorithm(({ publicJwk }) => publicJwk),
      issuer: ISSUER,
      audience: AUDIENCE,
    },
    seen: tokens.slice(0, seenCount),
    unseen: tokens.slice(seenCount),
    theirs: byAlgorithm((material) => makeTokens(material, seenCount)),
    revoked,
    expired: byAlgorithm((material) => makeToken(material, makeClaims(0, { iat: past, exp: past + 60 }))),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
