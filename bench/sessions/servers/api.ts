// One process of an Express API that knows its callers in one of a dozen ways.
import { createServer } from 'node:http';
import { peer } from '../../harness/peers.ts';
import { announce, listen, readSettings } from '../../harness/serving.ts';
import type { App, Guard, Handler } from '../express-app.ts';
import type { ApiReady, ApiSettings } from '../settings.ts';

const settings = readSettings<ApiSettings>();
const { kind } = settings;
const { default: express } = await peer<{ readonly default: () => App }>('express');
const app = express();

async function openGuard(): Promise<Guard | undefined> {
  switch (kind) {
    case 'open':
      return undefined;
    case 'better-auth':
    case 'better-auth-cached':
      return (await import('../better-auth-guard.ts')).betterAuthGuard(app, settings);
    case 'oidc-provider':
      return (await import('../asking-guard.ts')).askingGuard(settings);
    case 'opaque':
    case 'encrypted':
    case 'token':
      return (await import('../mapae-guard.ts')).mapaeGuard(settings);
    default:
      return (await import('../session-guard.ts')).sessionGuard(app, kind, settings.place);
  }
}

const guard = await openGuard();
const guards: readonly Handler[] = guard === undefined ? [] : [guard.check];
app.get('/', ...guards, (_request, response) => response.json({ hello: 'world' }));
app.get('/role', ...guards, (request, response) => response.json({ role: guard?.roleOf(request) ?? 'none' }));
app.get('/bytes', (_request, response) => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  response.json({ bytes: heapUsed + external });
});
announce({ port: await listen(createServer(app)) } satisfies ApiReady, () => guard?.statements() ?? 0);
