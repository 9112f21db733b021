import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // loaded by Node as it is, not bundled once for the proxy and once for each route
  serverExternalPackages: ['@mapae/verifier', '@mapae/jwt'],
  // only in this repository, where the packages are links: outside of it, leave this out
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
};

export default config;
