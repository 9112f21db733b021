import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import type { SourceEdit } from './breakages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Of this process, gone with it: what it starts is built from today's sources. */
const FOLDER = join(ROOT, '.tmp', 'programs', String(process.pid));
const builds = new Map<string, Promise<string>>();

/**
 * A program of tests/support and all that it imports as one file. A process starts in a third of the time that the
 * sources need, and the stories start a hundred.
 *
 * @param program  Its file, relative to this folder.
 * @param edit     Makes the build that a careless edit would make. The suites must catch it; the product has no hook for
 *                 this.
 * @returns The path of the built file.
 * @throws where the edit's place does not stand in its file exactly once: a break that no longer breaks must not pass for
 *         a caught one.
 */
export function buildProgram(program: string, edit?: SourceEdit): Promise<string> {
  const key = JSON.stringify([program, edit]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return once(key, () => build(fileURLToPath(new URL(program, import.meta.url)), join(FOLDER, `${name}.js`), edit));
}

/** The `mapae` command in the same way, beside its package.json, which it reads its version from. @returns The path of its file. */
export function buildMapae(): Promise<string> {
  return once('mapae', async () => {
    const cli = join(ROOT, 'packages', 'cli');
    const file = await build(join(cli, 'src', 'main.ts'), join(FOLDER, 'mapae', 'dist', 'main.js'), undefined);
    copyFileSync(join(cli, 'package.json'), join(FOLDER, 'mapae', 'package.json'));
    return file;
  });
}

function once(key: string, make: () => Promise<string>): Promise<string> {
  const found = builds.get(key);
  if (found !== undefined) return found;
  if (builds.size === 0) process.once('exit', () => rmSync(FOLDER, { recursive: true, force: true }));
  const building = make();
  builds.set(key, building);
  return building;
}

async function build(input: string, file: string, edit: SourceEdit | undefined): Promise<string> {
  mkdirSync(dirname(file), { recursive: true });
  let edited = edit === undefined;
  const bundle = await rolldown({
    input,
    platform: 'node',
    resolve: { conditionNames: ['@mapae/source', 'node', 'import'] },
    // native, or not to be had as one file
    external: [/^@node-rs\//, 'pg', /^pino/],
    plugins:
      edit === undefined
        ? []
        : [
            {
              name: 'break',
              transform(source, id) {
                if (id !== join(ROOT, 'packages', edit.file)) return null;
                if (source.split(edit.find).length !== 2)
                  throw new Error(`${edit.file} does not hold exactly once: ${edit.find}`);
                edited = true;
                return source.replace(edit.find, () => edit.replace);
              },
            },
          ],
  });
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  if (!edited) throw new Error(`${input} does not import ${edit?.file}`);
  return file;
}
