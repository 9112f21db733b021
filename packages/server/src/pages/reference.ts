import { createHash } from 'node:crypto';
import { escapeHtml } from '../accounts/mail/compose.ts';

interface Media {
  readonly schema?: unknown;
}
interface Described {
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}
interface DescribedOperation {
  readonly summary: string;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required: boolean;
    readonly schema: unknown;
  }[];
  readonly requestBody?: { readonly required: boolean } & Described;
  readonly responses: Readonly<Record<string, Described>>;
}
/** What of an OpenAPI document the page shows. */
export interface ApiDescription {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color-scheme: light dark }
summary { cursor: pointer; padding: .3em 0 } code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { overflow: auto; padding: .5em; border: 1px solid; border-radius: .3em } dt { font-weight: 600 } b { display: inline-block; min-width: 5em }
`;

/** Scripts, frames, forms and everything from elsewhere are refused; the one style is named by its hash. CSP 3 §2.3.1 */
export const REFERENCE_POLICY: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The API's reference as one page: no script, nothing from elsewhere. */
export function writeReference({ info, paths }: ApiDescription): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => section(method.toUpperCase(), path, operation)),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(info.title)}</h1>
<p>${escapeHtml(info.description)} The same for machines: <a href="openapi.json">openapi.json</a>.</p>
${operations.join('\n')}
</body></html>
`;
}

function section(method: string, path: string, operation: DescribedOperation): string {
  const { summary, security = [], parameters = [], requestBody, responses } = operation;
  const credentials = security.flatMap((one) => Object.keys(one)).join(' or ');
  const rows = [
    ...(credentials === '' ? [] : [row('Credential', escapeHtml(credentials))]),
    ...parameters.map(({ in: where, name, required, schema }) =>
      row(`${where}: ${name}${required ? '' : ' (may be left out)'}`, json(schema)),
    ),
    ...(requestBody === undefined
      ? []
      : [row(requestBody.required ? 'Body' : 'Body (may be left out)', content(requestBody))]),
    ...Object.entries(responses).map(([status, answer]) =>
      row(status, `${escapeHtml(answer.description ?? '')}${content(answer)}`),
    ),
  ];
  return `<details><summary><b>${method}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary>
<dl>
${rows.join('\n')}
</dl></details>`;
}

function row(term: string, html: string): string {
  return `<dt>${escapeHtml(term)}</dt><dd>${html}</dd>`;
}

function content({ content: media = {} }: Described): string {
  return Object.entries(media)
    .map(([type, { schema }]) => `<p><code>${escapeHtml(type)}</code></p>${json(codesOf(schema) ?? schema)}`)
    .join('');
}

/** Of a refusal, the codes are what one looks for. */
function codesOf(schema: unknown): unknown {
  const all = (
    schema as { readonly allOf?: readonly { readonly properties?: { readonly code?: unknown } }[] } | undefined
  )?.allOf;
  return all?.find(({ properties }) => properties?.code !== undefined)?.properties;
}

function json(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 1))}</pre>`;
}
