import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { ROUTES } from '../../src/endpoints/routes.ts';
import { describeApi } from '../../src/openapi/document.ts';

// Holds every answer that a test sees to the OpenAPI document, and remembers which documented ones were seen.

interface Media {
  readonly schema?: object;
}
interface Documented {
  readonly content?: Readonly<Record<string, Media>>;
}
type Paths = Readonly<
  Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Documented>> }>>>
>;

const document = describeApi(ROUTES) as unknown as { readonly paths: Paths; readonly components: object };
const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { uri: true, 'date-time': true } });
const validators = new Map<object, ValidateFunction>();
const seen = new Set<string>();

/** @throws where the answer is not what the document says. Addresses that have no operation are not looked at. */
export async function checkDocumented(request: Request, response: Response): Promise<void> {
  const { pathname } = new URL(request.url);
  const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
  const template = Object.keys(document.paths).find((path) => matches(path, pathname));
  const operation = template === undefined ? undefined : document.paths[template]?.[method];
  if (operation === undefined) return;

  const name = `${method} ${template ?? ''}`;
  const type = response.headers.get('content-type')?.split(';')[0];
  const problem = type === 'application/problem+json';
  const own = operation.responses[response.status];
  const documented = own ?? (response.status === 500 ? operation.responses['default'] : undefined);
  if (documented === undefined) throw new Error(`undocumented: ${name} → ${response.status}`);
  if (type === undefined || type === 'text/event-stream' || request.method === 'HEAD') {
    if (documented.content !== undefined && type === undefined && request.method !== 'HEAD')
      throw new Error(`undocumented: ${name} → ${response.status} without a body`);
    seen.add(`${name} ${response.status}`);
    return;
  }
  const media = documented.content?.[type];
  if (media?.schema === undefined) throw new Error(`undocumented: ${name} → ${response.status} of type ${type}`);
  const text = await response.clone().text();
  const body: unknown = /[/+]json$/.test(type) ? JSON.parse(text) : text;
  const validate = validatorOf(media.schema);
  if (!validate(body))
    throw new Error(
      `undocumented: ${name} → ${response.status}: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 300)}`,
    );
  seen.add(problem ? `${name} ${response.status} ${(body as { code: string }).code}` : `${name} ${response.status}`);
}

/** What other files have seen does not count. */
export function forgetAnswers(): void {
  seen.clear();
}

/** Documented answers, and codes of refusals, that no test has seen. `server/error` is documented for every operation alike. */
export function unseenAnswers(): readonly string[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, documented]) => namesOf(`${method} ${path} ${status}`, documented)),
    ),
  );
  return all.filter((name) => !name.includes(' default ') && !seen.has(name));
}

function namesOf(name: string, { content }: Documented): readonly string[] {
  const problem = content?.['application/problem+json']?.schema as
    | {
        readonly allOf: readonly [
          unknown,
          { readonly properties: { readonly code: { readonly enum: readonly string[] } } },
        ];
      }
    | undefined;
  return problem === undefined ? [name] : problem.allOf[1].properties.code.enum.map((code) => `${name} ${code}`);
}

function matches(template: string, pathname: string): boolean {
  const [parts, given] = [template.split('/'), pathname.split('/')];
  return parts.length === given.length && parts.every((part, i) => part.startsWith('{') || part === given[i]);
}

function validatorOf(schema: object): ValidateFunction {
  const made = validators.get(schema) ?? ajv.compile({ ...schema, components: document.components });
  validators.set(schema, made);
  return made;
}
