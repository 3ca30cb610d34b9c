import { StateError } from '../../../core/index.ts';

/** The error of a call that the machine is in no state for. */
export function stateError(operation: string, state: string, needed: string): StateError {
  const message = `${operation}: the machine is ${state}; it must be ${needed}`;
  return new StateError(message, { state, needed }, { operation });
}
