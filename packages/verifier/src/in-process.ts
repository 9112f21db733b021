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
  return (input, init) => server.fetch(new Request(input, init), { inProcess: true });
}
