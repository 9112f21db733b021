import type { Experiment } from '../experiment.ts';
import { X1, X2, X4, X20 } from './crashes.ts';

export const EXPERIMENTS: readonly Experiment[] = [X1, X2, X4, X20];
