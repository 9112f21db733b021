import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal, Verifier } from '@mapae/verifier';
import { protect } from '@mapae/verifier/node';

interface Note {
  readonly id: number;
  readonly text: string;
  readonly createdAt: string;
}

const MOST_NOTES = 100;
const LARGEST_BODY = 4_096;

/**
 * A small API, written as anyone would: everything behind `protect` is only reached with a good token. It knows no session and asks nobody.
 *
 * @param origin The page that browsers may call it from.
 */
export function createNotesApi(
  verifier: Verifier,
  origin: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  const notes = new Map<string, Note[]>();
  let lastId = 0;

  const guarded = {
    'GET /whoami': protect(verifier, (_request, response, { subject, sessionId, scopes, roles }) =>
      send(response, 200, { sub: subject, sid: sessionId, scopes, roles }),
    ),
    'GET /notes': protect(
      verifier,
      (_request, response, principal) => send(response, 200, { notes: notesOf(principal) }),
      { scope: 'notes:read' },
    ),
    'POST /notes': protect(verifier, addNote, { scope: 'notes:write' }),
    // a role is a claim of the token: who gets it or loses it has another token within a second
    'DELETE /notes': protect(verifier, removeNotes, { scope: 'notes:write', roles: 'editor' }),
  };

  function notesOf({ subject }: Principal): readonly Note[] {
    return notes.get(subject) ?? [];
  }

  async function addNote(request: IncomingMessage, response: ServerResponse, principal: Principal): Promise<void> {
    const text = await readText(request);
    if (text === undefined)
      return send(response, 422, { title: 'A note is {"text": "…"} with 1 to 500 characters.', status: 422 });
    const note = { id: ++lastId, text, createdAt: new Date().toISOString() };
    notes.set(principal.subject, [note, ...notesOf(principal)].slice(0, MOST_NOTES));
    send(response, 201, note);
  }

  function removeNotes(_request: IncomingMessage, response: ServerResponse, { subject }: Principal): void {
    notes.delete(subject);
    response.writeHead(204).end();
  }

  return (request, response) => {
    response.setHeader('vary', 'origin');
    if (request.headers.origin === origin) {
      response.setHeader('access-control-allow-origin', origin);
      response.setHeader('access-control-expose-headers', 'www-authenticate');
    }
    if (request.method === 'OPTIONS') {
      response.setHeader('access-control-allow-headers', 'authorization, content-type');
      response.setHeader('access-control-allow-methods', 'GET, POST, DELETE');
      response.setHeader('access-control-max-age', '600');
      response.writeHead(204).end();
      return;
    }
    const name = `${request.method} ${request.url}`;
    const route = Object.hasOwn(guarded, name) ? guarded[name as keyof typeof guarded] : undefined;
    if (route === undefined) send(response, 404, { title: 'There is nothing here.', status: 404 });
    else route(request, response).catch(() => response.destroy());
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'cache-control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const text = typeof body === 'object' && body !== null && 'text' in body ? body.text : undefined;
    return typeof text === 'string' && text.trim() !== '' && text.length <= 500 ? text : undefined;
  } catch {
    return undefined;
  }
}
