import type { Experiment } from '../experiment.ts';
import { X7 } from './clock.ts';
import { X1, X2, X4, X20 } from './crashes.ts';
import { X5, X6 } from './database.ts';
import { X12 } from './drain.ts';
import { X8 } from './feed.ts';
import { X9 } from './keys.ts';
import { X13 } from './limits-lost.ts';
import { X18, X19 } from './orders.ts';
import { X15, X16, X17 } from './pressure.ts';
import { X14 } from './provider.ts';
import { X23 } from './restore.ts';
import { X11 } from './versions.ts';

export const EXPERIMENTS: readonly Experiment[] = [
  ...[X8, X1, X2, X4, X5, X6, X7, X9, X11, X12],
  ...[X13, X14, X15, X16, X17, X18, X19, X20, X23],
];
