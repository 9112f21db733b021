import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { PROBLEMS } from '@mapae/server';
import { describe, expect, test } from 'vitest';
import { callbackOf } from '../../packages/server/src/social/flow.ts';
import { createProviders } from '../../packages/server/src/social/options.ts';
import { common, native } from '../../packages/server/src/social/provider-options.ts';
import { appleOptions } from '../../packages/server/src/social/providers/apple.ts';
import { facebookOptions } from '../../packages/server/src/social/providers/facebook.ts';
import { githubOptions } from '../../packages/server/src/social/providers/github.ts';
import { googleOptions } from '../../packages/server/src/social/providers/google.ts';
import { kakaoOptions } from '../../packages/server/src/social/providers/kakao.ts';
import { lineOptions } from '../../packages/server/src/social/providers/line.ts';
import { microsoftOptions } from '../../packages/server/src/social/providers/microsoft.ts';
import { naverOptions } from '../../packages/server/src/social/providers/naver.ts';
import { oauth2Options } from '../../packages/server/src/social/providers/oauth2.ts';
import { oidcOptions } from '../../packages/server/src/social/providers/oidc.ts';

/** Guides are held to the code: each provider has one in both languages, and they name what there is. */

const KINDS = {
  apple: appleOptions,
  facebook: facebookOptions,
  github: githubOptions,
  google: googleOptions,
  kakao: kakaoOptions,
  line: lineOptions,
  microsoft: microsoftOptions,
  naver: naverOptions,
  oauth2: oauth2Options,
  oidc: oidcOptions,
} as const;
const FOLDER = new URL('../../docs/guides/social/', import.meta.url);
const LANGUAGES = ['', '.ko'] as const;
/** Asked of every provider; `clientId` and `name` are each guide's own to explain where they are needed. */
const COMMON = Object.keys(common).filter((name) => name !== 'clientId');
const MEMBERS = Object.keys(oauth2Options.shape.members.shape);
const OF_NATIVE = Object.keys(native.unwrap().shape);
/** Names of the program, not of an option. */
const CALLS = new Set(['defineConfig', 'createServer', 'readFileSync', 'findUpstreamTokens', 'userId']);

const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');
const codeOf = (guide: string): string => /```ts\n(.*?)```/s.exec(guide)?.[1] ?? '';
const rowsOf = (guide: string): readonly string[] =>
  [...guide.matchAll(/^\| `(\w+)` \|/gm)].map(([, name = '']) => name);
const linksOf = (guide: string): readonly string[] =>
  [...guide.matchAll(/<(https:[^>]+)>/g)].map(([, link = '']) => link);

const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' });

/** Runs the example of a guide. @returns The option `social`. */
function runExample(code: string): Record<string, unknown> {
  const env = new Proxy({}, { get: () => 'a-secret-of-thirty-two-characters' });
  const context = {
    process: { env },
    readFileSync: () => PEM,
    defineConfig: (settings: object) => settings,
  };
  const { social } = runInNewContext(code.replace('export default ', ''), context) as { readonly social: unknown };
  // made in another realm: its lists and objects are not of this one's classes
  return JSON.parse(JSON.stringify(social)) as Record<string, unknown>;
}

test('each provider has a guide in both languages, the list names all of them, and there is no other', () => {
  const files = readdirSync(FOLDER).toSorted();
  const expected = [...Object.keys(KINDS), 'README'].flatMap((kind) => [`${kind}.ko.md`, `${kind}.md`]);
  expect(files).toEqual(expected.toSorted());
  for (const language of LANGUAGES) {
    const links = [...read(`README${language}.md`).matchAll(/\]\((\w+)(?:\.ko)?\.md\)/g)].map(([, kind]) => kind);
    expect(new Set(links)).toEqual(new Set(Object.keys(KINDS)));
  }
});

test('the list in both languages names each failure of a sign-in that a page is told, and no other', () => {
  const known = Object.keys(PROBLEMS).flatMap((code) => /^social\/(.+)/.exec(code)?.[1] ?? []);
  for (const language of LANGUAGES) {
    const named =
      read(`README${language}.md`)
        .split('\n')
        .at(-2)
        ?.match(/`[a-z]+(?:-[a-z]+)?`/g) ?? [];
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(known).toContain(name.slice(1, -1));
  }
});

describe.each(Object.entries(KINDS))('the guide of %s', (kind, schema) => {
  const guides = LANGUAGES.map((language) => read(`${kind}${language}.md`));

  test('says the redirect URI exactly as the server sends it', () => {
    for (const guide of guides) {
      const social = runExample(codeOf(guide));
      const [provider] = createProviders(social, {
        fetch: () => Promise.reject(new Error()),
        clock: Date.now,
        log() {},
      });
      const id = provider?.[0] ?? '';
      expect(guide).toContain(`\`${callbackOf('https://auth.example.com', id)}\``);
    }
  });

  test('its example is one that the server starts with, the same in both languages', () => {
    const [first, second] = guides.map((guide) => runExample(codeOf(guide)));
    expect(second).toEqual(first);
    expect(Object.keys(first ?? {})).toEqual([kind]);
  });

  test('lists its options, each one and no other, in both languages', () => {
    // whoever names a provider of their own has to give it a name
    const isGeneric = 'id' in schema.shape;
    const expected = Object.keys(schema.shape).filter(
      (name) => !COMMON.includes(name) || (isGeneric && name === 'name'),
    );
    for (const guide of guides) expect(rowsOf(guide).toSorted()).toEqual(expected.toSorted());
  });

  test('names no option that is not there', () => {
    const known = new Set([...Object.keys(schema.shape), ...COMMON, ...MEMBERS, ...OF_NATIVE, ...CALLS]);
    for (const guide of guides) {
      const text = guide.replace(/```ts.*?```/s, '');
      const named = [...text.matchAll(/`([a-z]+(?:[A-Z]\w*)+)\b/g)].map(([, name = '']) => name);
      for (const name of named) expect(known).toContain(name);
      for (const name of COMMON) expect(text).toContain(`\`${name}\``);
    }
  });

  test('has as many steps, the same links to click and the same sources, in both languages; links inside lead somewhere', () => {
    const [english = '', korean = ''] = guides;
    const steps = (guide: string): number => [...guide.matchAll(/^\d\. /gm)].length;
    expect(steps(english)).toBeGreaterThan(1);
    expect(steps(korean)).toBe(steps(english));
    expect(linksOf(korean)).toEqual(linksOf(english));
    expect(linksOf(english).length).toBeGreaterThan(1);
    for (const guide of guides)
      for (const [, path = ''] of guide.matchAll(/\]\(([^)#:]+)\)/g))
        expect([path, existsSync(new URL(path, FOLDER))]).toEqual([path, true]);
  });
});
