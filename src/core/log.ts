import { createRequire } from 'node:module';
import type { Logger } from 'pino';

/** The part of pino's logger that the project uses; any pino logger fits. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** How important a line of the log is, the least important first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const require = createRequire(import.meta.url);

/** Writes JSON lines to stderr, at the level of `JUMPLEAD_LOG` (default: `warn`). */
export function createLog(level: string = process.env['JUMPLEAD_LOG'] ?? 'warn'): Log {
  // Loaded at the first use, as it is half of what a start of the command line would cost.
  const { pino } = require('pino') as typeof import('pino'); // SAFE: the package of that name
  return pino({ level, base: undefined }, pino.destination({ fd: 2, sync: true }));
}
