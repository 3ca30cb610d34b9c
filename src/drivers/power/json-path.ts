import { ConfigError } from '../../core/index.ts';

/**
 * The number at a dotted path (`meters.0.voltage`) of an answer. Without a path it is that of `key`, or 0 where the device does not
 * tell it.
 *
 * @throws ConfigError when a path leads to nothing, or to what is no number
 */
export function readNumber(answer: unknown, path: string | undefined, key: string): number {
  const found = follow(answer, path ?? key);
  if (found === undefined && path === undefined) return 0;
  const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  const what = found === undefined ? 'is not in the answer' : `is no number: ${JSON.stringify(found)}`;
  const message = `${JSON.stringify(path ?? key)} ${what}`;
  throw new ConfigError(`read: ${key}: ${message}`, { issues: [{ path: `${key}Path`, message }] });
}

function follow(answer: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
      answer,
    );
}
