import { timestampDate } from '@bufbuild/protobuf/wkt';
import { LogSource } from '../gen/jumpstarter/v1/common_pb.ts';
import type { LogStreamResponse } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import { type LogOrigin, logOrigin } from '../log-origins.ts';

/** An entry of an exporter's log. */
export interface LogEntry {
  /** `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`. */
  readonly severity: string;
  readonly message: string;
  readonly origin: LogOrigin;
  readonly time: Date | undefined;
  /** The category of the driver, where it is one that logs: `power`, `network`. */
  readonly driverType: string | undefined;
  /** The method that was called, by its name on the wire. */
  readonly operation: string | undefined;
  readonly fields: Readonly<Record<string, string>>;
}

/** An entry as it came. An origin that we do not know counts as the system. */
export function readLogEntry(entry: LogStreamResponse): LogEntry {
  return {
    severity: entry.severity,
    message: entry.message,
    origin: logOrigin(entry.source ?? LogSource.UNSPECIFIED),
    time: entry.timestamp && timestampDate(entry.timestamp),
    driverType: entry.driverType || undefined,
    operation: entry.operation || undefined,
    fields: entry.structuredFields,
  };
}
