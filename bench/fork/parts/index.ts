import type { Extent } from '../extent.ts';
import type { Figure } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { ahead } from './ahead.ts';
import { byHand } from './by-hand.ts';
import { claim } from './claim.ts';
import { crowd } from './crowd.ts';
import { fork } from './fork.ts';
import { loadvm } from './loadvm.ts';
import { rate } from './rate.ts';
import { save } from './save.ts';

/** Measures one thing of a guest that has booted. */
export type Part = (guest: Guest, extent: Extent) => Promise<Figure[]>;

/** What is measured of each guest, in this order. The last one ends it. */
export const PARTS = {
  fork,
  'by-hand': byHand,
  ahead,
  claim,
  save,
  rate,
  crowd,
  loadvm,
} as const satisfies Record<string, Part>;
export type PartName = keyof typeof PARTS;
