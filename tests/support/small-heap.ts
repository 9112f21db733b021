// Loaded with --import in front of a server under test: it has 48 MiB for what lives long.
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--max-old-space-size=48');
