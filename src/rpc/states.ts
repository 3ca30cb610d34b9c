import { ExporterStatus } from './gen/jumpstarter/v1/common_pb.ts';

/** The statuses of an exporter, by their names on the wire. */
export type SessionState = keyof typeof ExporterStatus;

/** The number of a status on the wire. */
export function stateNumber(state: SessionState): ExporterStatus {
  return ExporterStatus[state];
}

/** The name of a status number; one that we do not know is UNSPECIFIED. */
export function stateName(status: ExporterStatus): SessionState {
  const found = Object.entries(ExporterStatus).find(([, number]) => number === status);
  return (found?.[0] ?? 'UNSPECIFIED') as SessionState; // SAFE: a key of ExporterStatus
}
