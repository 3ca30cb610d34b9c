import { startDeadline, type WaitOptions } from '../../core/index.ts';
import type { FaultOptions } from '../faults/fault-watch.ts';
import type { RemoteNode } from '../node.ts';
import { withDefault } from '../timeouts.ts';
import { watchDevice } from './device-watch.ts';
import type { Wait } from './wait.ts';
import { waitError } from './wait-error.ts';
import { WaitRecord } from './wait-record.ts';

/** A device, made of parts, that can be waited for. */
export interface Waitable {
  /**
   * Waits until `wait` has come, 10 minutes unless `timeout` says otherwise, and resolves with what came. `jumplead/wait`
   * has what can be waited for, and joins it.
   *
   * Ends at once when it cannot come any more: a part has failed for good, or the machine is off, fails or goes off. What
   * `faults: 'ignore'` does, it does here and in each part.
   *
   * @throws UnsupportedError before anything waits, when the device lacks what is needed; DeadlineError that says what was
   * met, what was not, and what was seen last; the error of the part or of the machine that failed.
   */
  waitFor<Device, Result>(
    this: Device,
    wait: Wait<Device, Result>,
    options?: WaitOptions & FaultOptions,
  ): Promise<Result>;
}

/** Makes `waitFor` for the handles of `node`. */
export function createWaitFor(device: object, node: RemoteNode): Waitable['waitFor'] {
  return async (wait, options = {}) => {
    using deadline = startDeadline(withDefault('waitFor', node, options), {
      operation: 'waitFor',
      waitingFor: wait.name,
    });
    const record = new WaitRecord(wait.name);
    const over = new AbortController();
    const signal = AbortSignal.any([deadline.signal, over.signal, node.session.signal]);
    // SAFE: the tree that it is a property of, which its type says of `this`
    const scope = { device: device as never, node, signal, faults: options.faults };
    try {
      const failed = await watchDevice(node, scope);
      const run = await wait.prepare(scope);
      return await record.run({ ...wait, run }, { signal, failed });
    } catch (error) {
      throw options.signal?.aborted
        ? options.signal.reason
        : waitError(error, record, deadline.signal.reason);
    } finally {
      over.abort(new Error('the wait is over'));
    }
  };
}
