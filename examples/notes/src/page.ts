import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';

/** Folders whose TypeScript browsers may have, by the path they see. */
const SOURCES: Readonly<Record<string, string>> = {
  web: new URL('../web/', import.meta.url).href,
  client: new URL('.', import.meta.resolve('@mapae/client')).href,
};
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/style.css': { file: 'style.css', type: 'text/css; charset=utf-8' },
};
/** What is imported by name, where browsers find it. */
const NAMES: Readonly<Record<string, string>> = { '@mapae/client': '/client/index.ts' };

/** Serves the page: two files, and TypeScript with its types taken out as it is read. No bundler, no inline script, nobody else's code. */
export function createPage(server: string, api: string): (request: IncomingMessage, response: ServerResponse) => void {
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `connect-src 'self' ${server} ${api}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  return (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    find(path, { server, api }).then(
      (found) => {
        if (found === undefined) response.writeHead(404, headers).end();
        else response.writeHead(200, { ...headers, 'content-type': found.type }).end(found.body);
      },
      () => response.writeHead(404, headers).end(),
    );
  };
}

async function find(
  path: string,
  config: object,
): Promise<{ readonly type: string; readonly body: string } | undefined> {
  if (path === '/config.json') return { type: 'application/json', body: JSON.stringify(config) };
  const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
  if (file !== undefined)
    return { type: file.type, body: await readFile(new URL(`../web/${file.file}`, import.meta.url), 'utf8') };
  // a name of letters and hyphens in a listed folder: no path leads out of it
  const [, folder = '', name = ''] = /^\/([a-z]+)\/([a-z-]+\.ts)$/.exec(path) ?? [];
  const base = Object.hasOwn(SOURCES, folder) ? SOURCES[folder] : undefined;
  if (base === undefined) return undefined;
  const source = stripTypeScriptTypes(await readFile(new URL(name, base), 'utf8'));
  const body = source.replace(/(from\s*')(@[^']+)(')/g, (whole, before: string, target: string, after: string) =>
    Object.hasOwn(NAMES, target) ? `${before}${NAMES[target]}${after}` : whole,
  );
  return { type: 'text/javascript; charset=utf-8', body };
}
