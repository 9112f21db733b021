import type { z } from 'zod';
import type { Query } from '../checks/query.ts';
import type { RequestScope, ServerContext } from '../context.ts';
import type { ProblemCode } from '../problem.ts';

/** One endpoint: judges a request and answers it, or throws a `Problem`. `id` is the path's `:id` or `:provider`, empty where it has none. */
export type Endpoint = (
  context: ServerContext,
  request: Request,
  scope: RequestScope,
  id: string,
) => Response | Promise<Response>;

/** An endpoint and what the outside is told about it. The tests hold every answer to this, and this to the answers. docs/adr/0045 */
export interface Operation {
  readonly run: Endpoint;
  /** One line, for the reference page. */
  readonly summary: string;
  /** What it asks for beside the body. */
  readonly credential?: 'account' | 'admin' | 'feed' | 'introspection' | 'metrics';
  /** Reads the refresh cookie, or sets it. */
  readonly cookie?: true;
  /** `form`: as RFC 6749 sends parameters; JSON where it is left out. */
  readonly body?: { readonly schema: z.ZodType; readonly optional?: true; readonly form?: true };
  readonly parameters?: readonly Parameter[];
  readonly query?: Query;
  /** Answers to a request that went well, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Codes of its own; those that follow from body, credential and database are added where the document is made. */
  readonly refusals?: readonly ProblemCode[];
  /** Answers without the database. */
  readonly withoutDatabase?: true;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface Answer {
  readonly description: string;
  /** Of a JSON body; no body where it is left out. */
  readonly schema?: z.ZodType;
  /** Another media type than `application/json`; then the schema is a text's. */
  readonly type?: string;
  /** The same as a page, where HTML is asked for. */
  readonly page?: true;
}
