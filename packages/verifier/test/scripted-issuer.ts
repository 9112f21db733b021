import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createJwtSigner,
  encodeBase64url,
  exportPublicJwk,
  generatePrivateKey,
  generateTimeOrderedId,
  type Jwk,
  type PrivateKey,
} from '@mapae/jwt';
import { blindRevocationId, type RevocationTarget } from '../src/index.ts';

// An issuer on a real port that does exactly what a test says, built to docs/protocol.md and nothing else.

export type Row = readonly [code: number, id: string, before: number, until: number];
type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface FrameChange {
  readonly key?: PrivateKey;
  readonly iss?: string;
  readonly aud?: string;
  readonly typ?: string;
  readonly epoch?: string;
  readonly from?: number;
  readonly to?: number;
  readonly at?: number;
}

export const AUDIENCE = 'https://api.example';
const TARGETS: readonly RevocationTarget[] = [
  'everyone',
  'session',
  'token',
  'client',
  'subject',
  'client',
  'everyone',
  'subject',
  'client',
  'everyone',
];

export async function startScriptedIssuer(clock: () => number = Date.now) {
  const key = generatePrivateKey('ES256');
  let published: readonly Jwk[] = [exportPublicJwk(key)];
  let epoch = encodeBase64url(randomBytes(16));
  let number = 0;
  let rows: Row[] = [];
  let beating: NodeJS.Timeout | undefined;
  const history: { readonly to: number; readonly row: Row }[] = [];
  const requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] = [];
  const answers = new Map<string, Answer>();
  const streams = new Set<ServerResponse>();

  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      requests.push({ path, headers: request.headers, body });
      const answer = answers.get(path);
      if (answer !== undefined) answer(request, response, body);
      else response.writeHead(404).end();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;

  const json = (response: ServerResponse, content: unknown): void =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(content));

  function frame(event: string, content: object, change: FrameChange = {}): string {
    const nowMs = clock();
    return createJwtSigner({
      key: change.key ?? key,
      typ: change.typ ?? 'secevent+jwt',
      budgetBytes: 65_536,
    }).sign({
      iss: change.iss ?? issuer,
      aud: change.aud ?? `${issuer}/events/revocations`,
      iat: Math.floor(nowMs / 1_000),
      jti: generateTimeOrderedId(nowMs, randomBytes),
      epoch: change.epoch ?? epoch,
      from: change.from ?? number,
      to: change.to ?? number,
      at: change.at ?? nowMs,
      events: { [`urn:mapae:event:${event}`]: content },
    });
  }

  function snapshot(change: FrameChange = {}, own: readonly Row[] = rows): Buffer {
    const body = Buffer.concat(own.map(encodeRow).sort(Buffer.compare));
    const sha256 = createHash('sha256').update(body).digest('base64url');
    return Buffer.concat([Buffer.from(`${frame('snapshot', { count: own.length, sha256 }, change)}\n`), body]);
  }

  const write = (response: ServerResponse, jws: string): void => void response.write(`id: x\ndata: ${jws}\n\n`);
  const send = (jws: string): void => {
    for (const response of streams) write(response, jws);
  };

  /** What this position missed, as one frame. */
  function missed(lastEventId: unknown): string[] {
    const from = Number(String(lastEventId).split('.')[1]);
    const since = history.filter(({ to }) => to > from).map(({ row }) => row);
    return since.length === 0 ? [] : [frame('batch', { rows: since }, { from, to: number })];
  }

  function keep(row: Row): void {
    rows.push(row);
    number++;
    history.push({ to: number, row });
  }

  answers.set('/.well-known/oauth-authorization-server', (_request, response) =>
    json(response, {
      issuer,
      jwks_uri: `${issuer}/jwks`,
      introspection_endpoint: `${issuer}/introspect`,
    }),
  );
  answers.set('/jwks', (_request, response) => json(response, { keys: published }));
  answers.set(
    '/events/revocations/snapshot',
    (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(snapshot()),
  );
  answers.set('/events/revocations', (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const jws of missed(request.headers['last-event-id'])) write(response, jws);
    write(response, frame('heartbeat', {}));
    streams.add(response);
    response.on('close', () => streams.delete(response));
  });
  answers.set('/events/revocations/poll', (request, response) => {
    setTimeout(
      () => json(response, { frames: [...missed(request.headers['last-event-id']), frame('heartbeat', {})] }),
      50,
    );
  });

  return {
    issuer,
    key,
    requests,
    answers,
    json,
    frame,
    snapshot,
    send,
    get position() {
      return { epoch, number };
    },
    get connections() {
      return streams.size;
    },
    count: (path: string) => requests.filter((request) => request.path === path).length,
    publish(keys: readonly Jwk[]) {
      published = keys;
    },
    /** A row as it travels. */
    row(code: number, value: string, before = 0): Row {
      const id = blindRevocationId(issuer, TARGETS[code] ?? 'everyone', value);
      return [code, encodeBase64url(id), before, clock() + 600_000];
    },
    keep,
    /** Keeps a row and moves the position; the frame that says so is the caller's to send. */
    revoke(row: Row): string {
      keep(row);
      return frame('batch', { rows: [row] }, { from: number - 1, to: number });
    },
    startEpoch() {
      epoch = encodeBase64url(randomBytes(16));
      number = 0;
      rows = [];
      history.length = 0;
    },
    beat(everyMs: number) {
      beating ??= setInterval(() => send(frame('heartbeat', {})), everyMs);
    },
    stopBeating() {
      clearInterval(beating);
      beating = undefined;
    },
    /** Ends every stream. */
    cut() {
      for (const response of streams) response.destroy();
    },
    token(change: object = {}, signedBy: PrivateKey = key): string {
      const nowMs = clock();
      return createJwtSigner({ key: signedBy, typ: 'at+jwt' }).sign({
        iss: issuer,
        aud: AUDIENCE,
        sub: 'kim',
        client_id: 'app',
        sid: generateTimeOrderedId(nowMs, randomBytes),
        jti: generateTimeOrderedId(nowMs, randomBytes),
        iat: Math.floor(nowMs / 1_000),
        exp: Math.floor(nowMs / 1_000) + 300,
        scope: 'notes:read',
        ...change,
      });
    },
    async close() {
      clearInterval(beating);
      http.close();
      http.closeAllConnections();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

export type ScriptedIssuer = Awaited<ReturnType<typeof startScriptedIssuer>>;

function encodeRow([code, id, before, until]: Row): Buffer {
  const row = Buffer.alloc(32);
  row.write(id, 0, 'base64url');
  row.writeUInt8(code, 16);
  row.writeUIntBE(before, 20, 6);
  row.writeUIntBE(until, 26, 6);
  return row;
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
