import { DeadlineError, describeDeadline, isDutError, restateError } from '../../core/index.ts';
import type { WaitRecord } from './wait-record.ts';

/** The error of a wait that `error` has ended: it says what was met, what was not, and what each part saw last. */
export function waitError(error: unknown, record: WaitRecord, deadline: unknown): unknown {
  if (error instanceof DeadlineError && error === deadline) return outOfTime(error, record);
  if (!isDutError(error)) return error;
  const part = record.culprit(error);
  const [first = '', ...evidence] = error.message.split('\n');
  const what = part === undefined ? first.replace(/^waitFor: /, '') : `${part}: ${first}`;
  return restateError(error, [`waitFor: ${what}`, ...record.lines(), ...evidence].join('\n'));
}

function outOfTime(error: DeadlineError, record: WaitRecord): DeadlineError {
  const waitingFor = record.missing();
  const message = `waitFor: gave up after ${describeDeadline(error)}, still waiting for ${waitingFor}`;
  return new DeadlineError(
    [message, ...record.lines()].join('\n'),
    { ...error.fields, after: error.after, waitingFor, report: record.report() },
    { operation: 'waitFor' },
  );
}
