// Loaded with --import in front of a server under test: its wall clock is off by the milliseconds that the file named in
// MAPAE_TEST_CLOCK_FILE holds, read anew all the time. Timers and the monotonic clock go on as they are, as they do when
// a machine's clock is set. The product has no hook for this.
import { readFileSync } from 'node:fs';

const file = process.env['MAPAE_TEST_CLOCK_FILE'] ?? '';
const real = Date.now.bind(Date);
let offset = 0;
let readAt = 0;

Date.now = () => {
  const now = real();
  if (Math.abs(now - readAt) > 5) {
    readAt = now;
    const text = Number(readFileSync(file, 'utf8'));
    // a write in progress leaves it empty for a moment
    if (Number.isFinite(text)) offset = text;
  }
  return now + offset;
};
