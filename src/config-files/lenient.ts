import { z } from 'zod';

/** A whole number; as pydantic does it, text that is one will do. */
export const Whole = z.preprocess(
  (value) => (typeof value === 'string' && /^[-+]?\d+$/.test(value.trim()) ? Number(value) : value),
  z.int({ error: 'expected a whole number' }),
);

const WORDS = new Map<unknown, boolean>([
  ...['true', 't', 'yes', 'y', 'on', '1', 1].map((word) => [word, true] as const),
  ...['false', 'f', 'no', 'n', 'off', '0', 0].map((word) => [word, false] as const),
]);

/** Yes or no; as pydantic does it, the words for it will do. */
export const YesOrNo = z.preprocess(
  (value) => WORDS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? value,
  z.boolean({ error: 'expected true or false' }),
);

/** Text. */
export const Text = z.string({ error: 'expected text' });
