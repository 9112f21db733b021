import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** A page that names a file which has moved sends its reader nowhere. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOP = ['packages', 'tests', 'bench', 'tools', 'docs', 'examples'];
const listed = (folder: string, options: { readonly recursive: boolean }): readonly string[] =>
  readdirSync(join(ROOT, folder), { ...options, encoding: 'utf8' }).map((name) => join(folder, name));
const PAGES = [
  ...listed('.', { recursive: false }),
  ...listed('docs', { recursive: true }),
  ...listed('packages', { recursive: false }).map((name) => join(name, 'README.md')),
].filter((name) => name.endsWith('.md') && existsSync(join(ROOT, name)));
/** Code is no prose: programs in the guides name files of whoever reads them. */
const proseOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```/gms, '');
const isThere = (path: string): boolean =>
  path.includes('*') ? globSync(path, { cwd: ROOT }).length > 0 : existsSync(join(ROOT, path));

test('there are pages to look at', () => {
  expect(PAGES).toEqual(expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/architecture.md']));
  expect(PAGES.length).toBeGreaterThan(100);
});

test('every link of a page leads to a file, and to a heading of it where it names one', () => {
  const headings = (page: string): readonly string[] =>
    [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      // as GitHub writes them
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  const dead = PAGES.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        return !isThere(file) || (anchor !== undefined && !headings(file).includes(decodeURIComponent(anchor)));
      })
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test('every path that a page names is there', () => {
  const packages = listed('packages', { recursive: false });
  const dead = PAGES.flatMap((page) =>
    [...proseOf(page).matchAll(/`([^`\n]+)`/g)]
      .flatMap(([, code = '']) => code.split(/\s+/))
      .map((word) => word.replaceAll(/^[("']+|[)"',;:/]+$/g, ''))
      .filter((word) => {
        // made by whoever installs
        if (word.endsWith('/node_modules')) return false;
        if (TOP.some((folder) => word.startsWith(`${folder}/`))) return !isThere(word);
        // said of a package
        if (/^(?:src|test)\/[\w./-]+$/.test(word)) return !packages.some((folder) => isThere(join(folder, word)));
        return false;
      })
      .map((word) => `${page}: ${word}`),
  );
  expect(dead).toEqual([]);
});

test('every command of npm that a page names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: object };
  const dead = PAGES.flatMap((page) =>
    [...proseOf(page).matchAll(/`npm run ([\w:-]+)/g)]
      .map(([, script = '']) => script)
      .filter((script) => !Object.hasOwn(scripts, script))
      .map((script) => `${page}: npm run ${script}`),
  );
  expect(dead).toEqual([]);
});

test('each decision has a number of its own, which its title repeats; every number that code or a page names is one', () => {
  const files = listed('docs/adr', { recursive: false });
  const numberOf = (file: string): string => /(\d{4})-[\w-]+\.md$/.exec(file)?.[1] ?? file;
  const numbers = new Set(files.map(numberOf));
  expect(numbers.size).toBe(files.length);
  for (const file of files)
    expect(readFileSync(join(ROOT, file), 'utf8')).toMatch(new RegExp(`^# ${numberOf(file)}\\b`));
  const sources = globSync('{packages,tests,bench,tools}/**/*.{ts,tsx,mjs}', {
    cwd: ROOT,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  expect(sources.length).toBeGreaterThan(500);
  const dead = [...sources, ...PAGES].flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/\b(?:docs\/adr\/|adr\/|ADR )(\d{4})(?!\d)/g)]
      .map(([, number = '']) => number)
      .filter((number) => !numbers.has(number))
      .map((number) => `${file}: ${number}`),
  );
  expect(dead).toEqual([]);
});
