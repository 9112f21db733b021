import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

const PATH = '/demo-id';
const CLIENT = { id: 'mapae-demo', secret: 'for-this-machine-alone-the-demo' };

/** What the authorization server is told of Demo ID, a provider that runs beside the notes page. */
export function demoIdSettings(page: string): object {
  const { id: clientId, secret: clientSecret } = CLIENT;
  return { oidc: [{ id: 'demo-id', name: 'Demo ID', issuer: `${page}${PATH}`, clientId, clientSecret }] };
}

/** Puts Demo ID in front of the page's listener. It is loaded when somebody first comes: the start waits for nothing. */
export function withDemoId(page: string, server: string, next: RequestListener): RequestListener {
  let loading: Promise<RequestListener> | undefined;
  const load = async (): Promise<RequestListener> => {
    const { createDemoId } = await import('./demo-id-provider.ts');
    const redirectUri = `${server}/social/demo-id/callback`;
    return createDemoId({ issuer: `${page}${PATH}`, path: PATH, client: CLIENT, redirectUri });
  };
  return (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
    if (request.url?.startsWith(`${PATH}/`) !== true) return next(request, response);
    loading ??= load();
    loading.then(
      (listener) => listener(request, response),
      () => response.writeHead(500).end(),
    );
  };
}
