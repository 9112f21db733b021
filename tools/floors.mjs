// Fails on an import that points up a floor, or sideways where the map below has no road
// (docs/architecture.md, "Packages and floors").
import { globSync, readFileSync } from 'node:fs';

const BELOW = {
  'packages/jwt': [],
  'packages/verifier': ['@mapae/jwt'],
  'packages/server': ['@mapae/jwt', '@mapae/verifier'],
  'packages/cli': ['@mapae/jwt', '@mapae/verifier', '@mapae/server'],
  'packages/client': [],
  // an app on a phone has the client and nothing else of ours
  'examples/mobile': ['@mapae/client'],
};
const OURS = /^(@mapae\/[^/]+|mapae)(\/|$)/;
const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;
const NODE_FREE = ['packages/jwt/src/decode.ts', 'packages/client/src/**/*.ts'];

const wrong = [];
for (const [name, below] of Object.entries(BELOW)) {
  for (const file of globSync(`${name}/src/**/*.ts`)) {
    for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const ours = OURS.exec(target)?.[1];
      if (ours !== undefined && !below.includes(ours)) wrong.push(`${file}: imports ${target}`);
      if (target.startsWith('.') && !target.endsWith('.ts')) wrong.push(`${file}: imports ${target} without .ts`);
    }
  }
}
for (const file of NODE_FREE.flatMap((pattern) => globSync(pattern))) {
  for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (target.startsWith('node:')) wrong.push(`${file}: imports ${target}, and browsers have no node:`);
  }
}
for (const line of wrong) process.stderr.write(`floors: ${line}\n`);
process.exit(wrong.length === 0 ? 0 : 1);
