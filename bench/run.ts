// `npm run bench -- <name>`: every figure in the docs comes from here.
const BENCHES: Readonly<Record<string, () => Promise<{ readonly run: () => Promise<void> }>>> = {
  revocation: () => import('./revocation.ts'),
};

const name = process.argv[2] ?? '';
const load = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (load === undefined) {
  process.stderr.write(
    `bench: error: no benchmark '${name}'\nbench: hint: one of ${Object.keys(BENCHES).join(', ')}\n`,
  );
  process.exit(2);
}
await (await load()).run();
