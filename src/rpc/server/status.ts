import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GetStatusResponseSchema } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import { GrpcError, Status } from '../grpc/index.ts';
import { type SessionState, stateNumber } from '../states.ts';

const OPEN_TO_CALLS: ReadonlySet<SessionState> = new Set([
  'LEASE_READY',
  'BEFORE_LEASE_HOOK',
  'AFTER_LEASE_HOOK',
]);

/** The status of a session, with a version by which clients notice that they missed one. */
export class SessionStatus {
  #state: SessionState = 'AVAILABLE';
  #previous: SessionState | undefined;
  #message = '';
  #version = 0n;

  get state(): SessionState {
    return this.#state;
  }

  /** Moves on to `state`. The version grows by one, also when nothing else changes. */
  update(state: SessionState, message = ''): void {
    this.#previous = this.#state;
    this.#state = state;
    this.#message = message;
    this.#version += 1n;
  }

  /** The answer to `GetStatus`. */
  toMessage(): MessageInitShape<typeof GetStatusResponseSchema> {
    return {
      status: stateNumber(this.#state),
      message: this.#message,
      statusVersion: this.#version,
      ...(this.#previous && { previousStatus: stateNumber(this.#previous) }),
    };
  }

  /** @throws GrpcError FAILED_PRECONDITION while driver calls are not allowed */
  checkOpenToCalls(): void {
    if (OPEN_TO_CALLS.has(this.#state)) return;
    const text = `Exporter not ready for driver calls (status: ${this.#state})`;
    throw new GrpcError(Status.FAILED_PRECONDITION, text);
  }
}
