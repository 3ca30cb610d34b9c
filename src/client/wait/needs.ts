import { UnsupportedError } from '../../core/index.ts';

/** Checks that `device` has a part `part` that can do `methods`. @throws UnsupportedError that says what there is instead */
export function requirePart(device: object, part: string, methods: readonly string[], wait: string): void {
  // SAFE: only looked at
  const found: unknown = part in device ? device[part as keyof typeof device] : undefined;
  const parts = partsOf(device);
  const lacks = methods.find((method) => !(isObject(found) && method in found));
  if (lacks === undefined) return;
  const what = found === undefined ? `has no ${part}` : `has a ${part} without ${lacks}`;
  throw new UnsupportedError(
    `${wait}: the device ${what}; its parts are: ${parts.join(', ') || 'none'}`,
    { capability: found === undefined ? part : `${part}.${lacks}`, available: parts },
    { operation: 'waitFor' },
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The names of the handles below `device`. */
const partsOf = (device: object): string[] =>
  Object.entries(device)
    .filter(([name, value]) => isObject(value) && name !== 'credentials')
    .map(([name]) => name);
