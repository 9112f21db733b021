import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

export interface Request extends IncomingMessage {
  session?: { user?: string; role?: string; destroy(done: (error?: unknown) => void): void };
}
export interface Response extends ServerResponse {
  json(body: object): void;
  sendStatus(status: number): void;
}
export type Handler = (request: Request, response: Response, next: (error?: unknown) => void) => unknown;
export type App = RequestListener & {
  use(handler: Handler): void;
  get(path: string, ...handlers: readonly Handler[]): void;
  all(path: string, handler: (request: IncomingMessage, response: ServerResponse) => unknown): void;
};

/** How an API knows its callers. */
export interface Guard {
  /** Lets a request go on, or answers it with 401. */
  readonly check: Handler;
  /** The role of a caller that was let in. */
  roleOf(request: Request): string;
  /** What this process has asked of its database so far, counted where the driver takes it. */
  statements(): number;
}

/** From now on each call of these methods counts. */
export function countCalls(target: object, names: readonly string[], count: () => void): void {
  for (const name of names) {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') continue;
    Reflect.set(target, name, function counted(this: unknown, ...args: unknown[]): unknown {
      count();
      const answer: unknown = Reflect.apply(original, this, args);
      return answer;
    });
  }
}
