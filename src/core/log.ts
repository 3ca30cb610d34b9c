import { pino } from 'pino';

/** The part of pino's logger that the project uses; any pino logger fits. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'child'>;

/** Writes JSON lines to stderr, at the level of `JUMPLEAD_LOG` (default: `warn`). */
export function createLog(level: string = process.env['JUMPLEAD_LOG'] ?? 'warn'): Log {
  return pino({ level, base: undefined }, pino.destination({ fd: 2, sync: true }));
}
