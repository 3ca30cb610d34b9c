import { InvalidArgumentError } from 'commander';

/** Reads a whole number that is not negative. */
export function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number, 0 or more');
}

/** Reads seconds, with or without a fraction, as milliseconds. */
export function seconds(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  throw new InvalidArgumentError('expected seconds as a number, 0 or more');
}

/** Reads a port; 0 is one that is free. */
export function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('expected a port, 0 to 65535; 0 is one that is free');
}

/** Reads `on` or `off`. */
export function onOrOff(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new InvalidArgumentError('expected on or off');
}

/** Gathers the values of an option that may be given several times. */
export const several = (value: string, previous: readonly string[] = []): string[] => [...previous, value];
