import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

/** Source of an entry that stands in this folder, so that it imports `../src/…` as an application would the package. */
export interface BundleRequest {
  readonly entry: string;
  readonly platform: 'node' | 'browser';
  /** Default: true. Names are only there to be looked for without. */
  readonly mangle?: boolean;
}

/** One ESM file with all that the entry needs, tree-shaken; `node:` stays outside. */
export async function bundle({ entry, platform, mangle = true }: BundleRequest): Promise<string> {
  const id = fileURLToPath(new URL('virtual-entry.ts', import.meta.url));
  const built = await rolldown({
    input: id,
    platform,
    external: /^node:/,
    plugins: [
      { name: 'entry', resolveId: (name) => (name === id ? id : null), load: (name) => (name === id ? entry : null) },
    ],
  });
  const { output } = await built.generate({ format: 'esm', minify: { compress: true, mangle, codegen: true } });
  await built.close();
  const [first, ...more] = output;
  if (first === undefined || more.length > 0) throw new Error('the bundle is not one file');
  return first.code;
}

/** What a browser or a server downloads, bytes. */
export function gzippedBytes(code: string): number {
  return gzipSync(code, { level: 9 }).length;
}
