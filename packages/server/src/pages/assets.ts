import { createHash } from 'node:crypto';
import type { Settings } from '../options.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';
import { writeTheme } from './theme.ts';

/** What the pages load. Each has its digest in its name: it never changes under it, and may be kept for a year. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  readonly logo: string | undefined;
  readonly icon: string;
  /** Of providers, by id, where there are some that we didn't draw. */
  readonly marks: ReadonlyMap<string, string>;
  /** @returns undefined for a name that isn't one of these. */
  find(name: string): Asset | undefined;
}

interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array;
}

const EXTENSIONS = { 'image/svg+xml': 'svg', 'image/png': 'png', 'image/webp': 'webp' } as const;

/** The medal in the tab of a browser. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M13 1h6v6h-6z" fill="#a8814d"/><circle cx="16" cy="18.5" r="12.5" fill="#7a4b12"/><path d="M11 23v-8l5 4.5 5-4.5v8" fill="none" stroke="#fff" stroke-width="2.75" stroke-linejoin="round" stroke-linecap="round"/></svg>`;

export function createAssets({ pages }: Settings): Assets {
  const options = pages === false ? {} : pages;
  const files = new Map<string, Asset>();
  const add = (name: string, extension: string, asset: Asset): string => {
    const digest = createHash('sha256').update(asset.body).digest('base64url').slice(0, 16);
    const file = `${name}.${digest}.${extension}`;
    files.set(file, asset);
    return file;
  };
  const { logo, theme = {}, marks = {} } = options;
  const logoFile = logo && add('logo', EXTENSIONS[logo.type], { type: logo.type, body: logo.data });
  return {
    style: add('style', 'css', { type: 'text/css; charset=utf-8', body: shorten(`${STYLE}\n${writeTheme(theme)}\n`) }),
    script: add('script', 'js', { type: 'text/javascript; charset=utf-8', body: SCRIPT }),
    logo: logoFile,
    icon: logoFile ?? add('icon', 'svg', { type: 'image/svg+xml', body: ICON }),
    marks: new Map(
      Object.entries(marks).map(([id, { type, data }]) => [
        id,
        add(`mark-${id}`, EXTENSIONS[type], { type, body: data }),
      ]),
    ),
    find: (name) => files.get(name),
  };
}

/** Without comments, indentation and empty lines. */
function shorten(css: string): string {
  return css.replace(/\/\*[^*]*\*\//g, '').replace(/^\s+|\s+$/gm, '');
}

/** A file of the pages. An SVG that is opened by itself may do nothing. */
export function answerAsset({ type, body }: Asset): Response {
  return new Response(typeof body === 'string' ? body : Uint8Array.from(body), {
    headers: {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    },
  });
}
