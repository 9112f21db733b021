// better-auth's verifier for APIs, as its documentation shows it for one that isn't the authorization server itself.
import { createServer } from 'node:http';
import { peer } from '../harness/peers.ts';
import { announce, listen, readSettings } from '../harness/serving.ts';

export interface BetterAuthSettings {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

interface Verifying {
  verifyAccessTokenRequest(request: object, options: object): Promise<object>;
}

const { jwksUrl, issuer, audience } = readSettings<BetterAuthSettings>();
const { verifyAccessTokenRequest } = await peer<Verifying>('better-auth/oauth2');
const server = createServer((request, response) => {
  const input = {
    authorizationHeader: request.headers.authorization,
    method: request.method,
    url: `http://${request.headers.host}${request.url}`,
  };
  verifyAccessTokenRequest(input, { jwksUrl, verifyOptions: { issuer, audience, typ: 'at+jwt' } }).then(
    () => response.end('{}'),
    () => response.writeHead(401).end(),
  );
});
announce({ port: await listen(server) });
