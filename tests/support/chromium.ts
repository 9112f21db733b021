import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Keep Debian's Chromium quiet on a machine without internet, and let it run as root. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium without its own windows where it is there: the same engine for half of the work. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/** Where Chromium is on this machine; where it would be, if there is none. */
export function findChromium(): string {
  return process.env['CHROMIUM'] ?? PLACES.find((path) => existsSync(path)) ?? '/usr/bin/chromium';
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ARGS });
}
