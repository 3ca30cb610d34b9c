import type { Duration } from '../core/index.ts';

/** How long waits take at most when the caller does not say: generous, because an emulated machine may be slow. */
export const DEFAULT_TIMEOUT = {
  expect: '2m',
  login: '10m',
  run: '10m',
  sshConnect: '5m',
  waitFor: '10m',
} as const satisfies Record<string, Duration>;
