import { styleText } from 'node:util';
import { isDutError } from '../core/index.ts';
import { Interruption } from './exit-code.ts';
import { hostTrouble } from './host-trouble.ts';

const FAULTS = {
  caller: 'the way it was called',
  device: 'the device',
  lab: 'this host or its surroundings',
  bug: 'jumplead itself - please report it',
} as const;

/** The text of an error of gRPC without its code. */
const said = ({ message }: Error) => message.replace(/^[A-Z_]+: /, '');

/** What a user reads when a command has failed: what happened, whose fault it is and the evidence. No stack unless it is our bug. */
export function describeFailure(error: unknown): string {
  if (error instanceof Interruption) return 'interrupted; everything was cleaned up';
  if (!(error instanceof Error)) return String(error);
  const known = isDutError(error);
  const trouble = known ? undefined : hostTrouble(error);
  const text = known ? error.message : (trouble ?? error.stack ?? error.message);
  const [first = '', ...rest] = text.split('\n');
  return [
    styleText('red', first, { stream: process.stderr }),
    ...rest,
    `fault: ${FAULTS[known ? error.fault : trouble ? 'lab' : 'bug']}`,
    ...(known && error.cause instanceof Error && !text.includes(said(error.cause))
      ? [`cause: ${error.cause.message}`]
      : []),
  ].join('\n');
}
