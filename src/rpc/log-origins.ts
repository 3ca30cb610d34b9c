import { LogSource } from './gen/jumpstarter/v1/common_pb.ts';

/** Where an entry of an exporter's log comes from. */
export type LogOrigin = 'driver' | 'before-lease-hook' | 'after-lease-hook' | 'system';

const SOURCES = {
  driver: LogSource.DRIVER,
  'before-lease-hook': LogSource.BEFORE_LEASE_HOOK,
  'after-lease-hook': LogSource.AFTER_LEASE_HOOK,
  system: LogSource.SYSTEM,
} as const satisfies Record<LogOrigin, LogSource>;

/** The number of an origin on the wire. */
export function logSource(origin: LogOrigin): LogSource {
  return SOURCES[origin];
}

/** The origin of a number on the wire; one that we do not know counts as the system. */
export function logOrigin(source: LogSource): LogOrigin {
  const found = Object.entries(SOURCES).find(([, number]) => number === source);
  return (found?.[0] ?? 'system') as LogOrigin; // SAFE: a key of SOURCES
}
