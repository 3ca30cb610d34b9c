import type { Duration, OpenWait, WaitOptions } from '../core/index.ts';
import type { RemoteNode } from './node.ts';
import { paceOf } from './pace.ts';

/**
 * How long waits take at most when the caller does not say: generous, because what does not come is mostly known earlier.
 * Machines that need more time are given more.
 */
export const DEFAULT_TIMEOUT = {
  expect: '2m',
  login: '10m',
  run: '10m',
  sshConnect: '5m',
  waitFor: '10m',
} as const satisfies Record<string, Duration>;

/** `options` with the default of `kind`, stretched by the pace of the machine that `node` is in. A time that was given stays. */
export function withDefault<O extends WaitOptions>(
  kind: keyof typeof DEFAULT_TIMEOUT,
  node: RemoteNode | undefined,
  options: O,
): O & OpenWait {
  if ('timeout' in options) return options;
  return { ...options, byDefault: { timeout: DEFAULT_TIMEOUT[kind], pace: node && paceOf(node) } };
}
