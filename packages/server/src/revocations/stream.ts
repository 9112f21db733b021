/** The streams of the verifiers that are connected to this process. */
export interface Streams {
  readonly size: number;
  /** Opens one whose first bytes are these events. */
  open(first: readonly string[]): ReadableStream<Uint8Array>;
  /** Hands an event to every stream. One that has more than 1 MiB unsent is closed: it takes the snapshot when it is back. */
  send(event: string): void;
  close(): void;
}

/** Said at the end of a stream that this process ends: another one may be asked at once. */
const RETRY = 'retry: 100\n\n';
const LARGEST_BACKLOG = 1_048_576;

/** A follower has 1 MiB unsent and takes nothing. Whoever serves the stream cuts the connection. */
class ReaderTooSlow extends Error {
  override readonly name = 'ReaderTooSlow';

  constructor() {
    super('a follower of the revocation feed reads too slowly');
    // servers print it: where it was made says nothing
    this.stack = `${this.name}: ${this.message}`;
  }
}

export function createStreams(): Streams {
  const open = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();

  function end(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (!open.delete(controller)) return;
    try {
      controller.close();
    } catch {
      // its reader has gone already
    }
  }

  function push(controller: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array): void {
    if ((controller.desiredSize ?? 0) < bytes.length) cutOff(controller);
    else controller.enqueue(bytes);
  }

  /** An end would wait behind what its reader doesn't take; an error frees it and the connection now. */
  function cutOff(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (open.delete(controller)) controller.error(new ReaderTooSlow());
  }

  return {
    get size() {
      return open.size;
    },
    open(first) {
      let own: ReadableStreamDefaultController<Uint8Array> | undefined;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            own = controller;
            open.add(controller);
            for (const event of first) push(controller, encoder.encode(event));
          },
          cancel() {
            if (own !== undefined) open.delete(own);
          },
        },
        { highWaterMark: LARGEST_BACKLOG, size: (bytes) => bytes?.length ?? 0 },
      );
    },
    send(event) {
      const bytes = encoder.encode(event);
      for (const controller of open) push(controller, bytes);
    },
    close() {
      for (const controller of open) {
        push(controller, encoder.encode(RETRY));
        end(controller);
      }
    },
  };
}

/** One Server-Sent Event. */
export function formatEvent(epoch: string, number: number, frame: string): string {
  return `id: ${epoch}.${number}\ndata: ${frame}\n\n`;
}
