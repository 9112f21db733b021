import { z } from 'zod';
import type { Answer, Operation, Parameter } from '../endpoints/operation.ts';
import { PROBLEMS, type ProblemCode } from '../problem.ts';

/** Operations by path and method. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Operation>>>>;
type Json = Readonly<Record<string, unknown>>;

const FORM = 'application/x-www-form-urlencoded';
const OF_BODY = ['request/content-type', 'request/too-large', 'request/malformed', 'request/invalid'] as const;
const OF_FORM = ['request/too-large', 'invalid_request'] as const;
const OF_CREDENTIAL = {
  account: ['request/authorization', 'invalid_token'],
  admin: ['request/authorization', 'invalid_token', 'admin/role'],
  feed: ['feed/credential'],
  introspection: ['introspection/credential'],
  metrics: ['metrics/credential'],
} as const satisfies Record<string, readonly ProblemCode[]>;

/** RFC 9457, with a stable code. */
const PROBLEM = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.enum(Object.keys(PROBLEMS)),
  detail: z.string().optional().describe('What to do about it.'),
  errors: z
    .array(z.strictObject({ path: z.string(), message: z.string() }))
    .optional()
    .describe('With request/invalid: where in the body, and what is wrong there.'),
  reason: z.string().optional().describe('With invalid_token: the code of the token error.'),
  reasons: z.array(z.string()).optional().describe('With account/password-weak: patterns that make it easy to guess.'),
  error: z.string().optional().describe('At OAuth endpoints: the error of RFC 6749 §5.2.'),
  id: z.string().optional().describe('With server/error: what to look for in the log.'),
});

/**
 * The routes as an OpenAPI 3.1 document: requests and answers in JSON Schema 2020-12, every refusal with its codes.
 *
 * @returns A document without `servers`.
 */
export function describeApi(routes: Routes): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Mapae',
      version: '1',
      description:
        'The first-party API of a Mapae authorization server. Errors are problem documents with a stable code.',
    },
    paths: Object.fromEntries(Object.entries(routes).map(([path, methods]) => [template(path), describePath(methods)])),
    components: {
      schemas: { Problem: toSchema(PROBLEM, 'output') },
      securitySchemes: {
        account: { type: 'http', scheme: 'bearer', description: 'An access token for the account API.' },
        feed: { type: 'http', scheme: 'bearer', description: 'A feed key.' },
        introspection: { type: 'http', scheme: 'basic', description: 'An API, or its signed assertion in the form.' },
        metrics: { type: 'http', scheme: 'bearer', description: 'The metrics key.' },
        cookie: { type: 'apiKey', in: 'cookie', name: '__Host-mapae-refresh' },
      },
    },
  };
}

/** `/v1/sessions/:id` as OpenAPI writes it. */
function template(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function describePath(methods: Readonly<Record<string, Operation>>): Json {
  return Object.fromEntries(
    Object.entries(methods).map(([method, operation]) => [method.toLowerCase(), describeOperation(operation)]),
  );
}

function describeOperation(operation: Operation): Json {
  const { summary, body, credential, cookie } = operation;
  const parameters = parametersOf(operation);
  return {
    summary,
    ...(credential === undefined ? {} : { security: [{ [credential === 'admin' ? 'account' : credential]: [] }] }),
    // tokens in the body do as well
    ...(cookie === undefined || credential !== undefined ? {} : { security: [{ cookie: [] }, {}] }),
    ...(parameters.length === 0
      ? {}
      : {
          parameters: parameters.map(({ schema, ...rest }) => ({
            ...rest,
            required: rest.in === 'path',
            schema: toSchema(schema, 'input'),
          })),
        }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.optional !== true,
            content: { [body.form === true ? FORM : 'application/json']: { schema: toSchema(body.schema, 'input') } },
          },
        }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, describeAnswer(answer)]),
      ),
      ...describeRefusals(refusalsOf(operation)),
      default: refusal(['server/error']),
    },
  };
}

function parametersOf({ parameters = [], query = {} }: Operation): readonly Parameter[] {
  const ofQuery = Object.entries(query).map(
    ([name, schema]) => ({ in: 'query', name, description: name, schema }) as const,
  );
  return [...parameters, ...ofQuery];
}

/** Every code that a request can be refused with here, but for `server/error`. */
function refusalsOf({ body, query, credential, refusals = [], withoutDatabase }: Operation): readonly ProblemCode[] {
  return [
    ...(body === undefined ? [] : body.form === true ? OF_FORM : OF_BODY),
    ...(query === undefined ? [] : (['request/query'] as const)),
    ...(credential === undefined ? [] : OF_CREDENTIAL[credential]),
    ...refusals,
    ...(withoutDatabase === true ? [] : (['server/unavailable'] as const)),
  ];
}

function describeAnswer({ description, schema, type = 'application/json', page }: Answer): Json {
  if (schema === undefined) return { description };
  const html = page === undefined ? {} : { 'text/html': { schema: { type: 'string' } } };
  return { description, content: { [type]: { schema: toSchema(schema, 'output') }, ...html } };
}

function describeRefusals(codes: readonly ProblemCode[]): Json {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [status, refusal(codes.filter((code) => PROBLEMS[code].status === status))]),
  );
}

function refusal(codes: readonly ProblemCode[]): Json {
  return {
    description: codes.map((code) => PROBLEMS[code].title).join(' '),
    content: {
      'application/problem+json': {
        schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] },
      },
    },
  };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
