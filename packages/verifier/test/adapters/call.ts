import { type Agent, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';

export interface Call {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  /** Names and values in turn, sent exactly as they are, twice too. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** `false`: a connection of its own. */
  readonly agent?: Agent | false;
  /** Asks for a WebSocket. */
  readonly upgrade?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly challenge: string | undefined;
  /** The code of a refusal. */
  readonly code: unknown;
  /** What the handler said. */
  readonly text: string;
  /** True where the connection was used before. */
  readonly reused: boolean;
}

const UPGRADE = [
  ...['upgrade', 'websocket', 'connection', 'Upgrade'],
  ...['sec-websocket-version', '13', 'sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

/** One request over HTTP, with nothing between the test and the wire but node:http. */
export function call({ port, path = '/me', method = 'GET', headers = [], body, agent = false, upgrade = false }: Call) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = ['host', 'api.mapae.example', ...headers, ...(upgrade ? UPGRADE : [])];
    if (body !== undefined) sent.push('content-length', String(Buffer.byteLength(body)));
    const request = httpRequest({ port, host: '127.0.0.1', path, method, headers: sent, agent });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        const isJson = answered['content-type']?.includes('json') === true && text !== '';
        const json = isJson ? (JSON.parse(text) as Json) : undefined;
        resolve({
          status,
          headers: answered,
          challenge: answered['www-authenticate'],
          code: json?.code ?? json?.error?.data?.refusal,
          text: json?.result?.data ?? json?.error?.message ?? text,
          reused: request.reusedSocket,
        });
      });
    });
    request.on('upgrade', (response, socket, head) => {
      firstMessage(socket, head).then((text) => {
        socket.destroy();
        const { headers: answered } = response;
        resolve({ status: 200, headers: answered, challenge: undefined, code: undefined, text, reused: false });
      }, reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Errors of @mapae/verifier, and answers of tRPC. */
interface Json {
  readonly code?: unknown;
  readonly result?: { readonly data: string };
  readonly error?: { readonly message: string; readonly data?: { readonly refusal?: unknown } };
}

/** RFC 6455 §5.2: one short, unmasked frame of text. */
async function firstMessage(socket: Duplex, head: Buffer): Promise<string> {
  let bytes = head;
  const isWhole = (): boolean => bytes.length >= 2 && bytes.length >= 2 + (bytes[1] ?? 0);
  for await (const chunk of isWhole() ? [] : socket) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (isWhole()) break;
  }
  return bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString('utf8');
}
