import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;

test('`--help`, `--version` and a slip of the pen are answered without the server: it is loaded by the command that needs it', async () => {
  const bundle = await rolldown({
    input: MAIN,
    platform: 'node',
    external: /^[^./]/,
  });
  try {
    const { output } = await bundle.generate({ format: 'esm' });
    const [main] = output;
    // what is imported by a statement, here or in a chunk that is, runs before the first argument is read
    const loaded = new Set<string>();
    const load = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const chunk = output.find((one) => one.type === 'chunk' && one.fileName === name);
      if (chunk?.type === 'chunk') for (const imported of chunk.imports) load(imported);
    };
    load(main.fileName);
    expect([...loaded]).toContain('commander');
    for (const name of ['@mapae/server', '@hono/node-server', 'pino', 'nodemailer'])
      expect([...loaded]).not.toContain(name);
  } finally {
    await bundle.close();
  }
});
