// Loaded with --import in front of a program: changes one place of one source file as it is read, which makes the build
// that a careless edit would make. The suites must catch it. The product has no hook for this.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import type { SourceEdit } from './breakages.ts';

const breakage = JSON.parse(process.env['MAPAE_TEST_BREAKAGE'] ?? '{}') as SourceEdit;
const target = new URL(`../../packages/${breakage.file}`, import.meta.url).href;

// said before anything runs: a break that no longer breaks must not pass for a caught one
if (readFileSync(new URL(target), 'utf8').split(breakage.find).length !== 2) {
  throw new Error(`${breakage.file} does not hold exactly once: ${breakage.find}`);
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target || loaded.source === undefined || loaded.source === null) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString();
    return { ...loaded, source: source.replace(breakage.find, () => breakage.replace) };
  },
});
