/** An authorization server in this process: one function from request to answer. `createServer` of @mapae/server makes one. */
export interface InProcessIssuer {
  readonly issuer: string;
  fetch(request: Request, info: { readonly inProcess: true }): Promise<Response>;
}

/**
 * A `fetch` that calls the server. Who was handed the server itself needs no key for its feed; everything else is as over HTTP, signatures
 * included.
 */
export function fetchInProcess(server: InProcessIssuer): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(new DOMException('was given up', 'AbortError'));
    signal.addEventListener('abort', giveUp);
    const answer = server.fetch(request, { inProcess: true });
    try {
      // a call can't be cut like a connection: whoever gave up goes on, and what comes later is dropped
      return await Promise.race([answer, aborted]);
    } catch (error) {
      void answer.then(({ body }) => body?.cancel()).catch(() => {});
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };
}
