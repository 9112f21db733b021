import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { createDemoId } from '../../examples/notes/src/demo-id-provider.ts';
import { freePort } from './free-port.ts';

/** The demo's OpenID Connect provider on a port of this machine, and a port for the server that it knows. */
export interface DemoIdServer {
  readonly issuer: string;
  /** Where the authorization server has to listen. */
  readonly serverPort: number;
  /** The option `social.oidc` of that server. */
  readonly settings: {
    readonly id: string;
    readonly name: string;
    readonly issuer: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  close(): void;
}

export async function startDemoId(): Promise<DemoIdServer> {
  const serverPort = await freePort();
  const client = { id: 'mapae-tests', secret: 'for-the-tests-alone-on-this-machine' };
  const http = createServer((request, response) => listener(request, response)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  // not the host of the pages: a provider is another site
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const redirectUri = `http://localhost:${serverPort}/social/demo-id/callback`;
  const listener = createDemoId({ issuer, path: '', client, redirectUri });
  return {
    issuer,
    serverPort,
    settings: { id: 'demo-id', name: 'Demo ID', issuer, clientId: client.id, clientSecret: client.secret },
    close() {
      http.close();
      http.closeAllConnections();
    },
  };
}

/** On the provider's page: says who one is. Anybody is believed. */
export async function chooseAtDemoId(page: Page, email: string): Promise<void> {
  await page.locator('input[name=email]').fill(email);
  await page.getByRole('button', { name: 'Continue' }).click();
}
