import { ExpectError, isDutError } from '../../core/index.ts';
import type { ConsoleHandle } from '../console/console.ts';
import { describePatterns, type Pattern, type Patterns } from '../console/patterns.ts';
import type { Expected } from '../console/tty.ts';
import { quoteTail } from '../console/tty-errors.ts';
import type { FaultOptions } from '../faults/fault-watch.ts';
import { requirePart } from './needs.ts';
import { findRecorded } from './recorded-text.ts';
import type { Wait, Watch } from './wait.ts';

/** A device with a console that is recorded. */
export interface HasConsole {
  readonly console: Pick<ConsoleHandle, 'open' | 'stream' | 'status'>;
}

/**
 * Waits for text on the console, from the last power-on, whoever else reads it. Types nothing. Of several patterns the first
 * to be complete counts; the result has its name.
 */
export function console(pattern: Pattern): Wait<HasConsole, Expected<'match'>>;
export function console<const P extends Patterns>(patterns: P): Wait<HasConsole, Expected<keyof P & string>>;
export function console(wanted: Pattern | Patterns): Wait<HasConsole, Expected> {
  const patterns: Patterns =
    typeof wanted === 'string' || wanted instanceof RegExp ? { match: wanted } : wanted;
  const name = `console ${describePatterns(patterns).join(' or ')}`;
  return {
    name,
    looksBack: true,
    prepare: async ({ device, signal, faults }) => {
      requirePart(device, 'console', ['open', 'stream', 'status'], name);
      // A console that is not recorded has one reader, whose text this would take.
      await device.console.status({ signal });
      return (watch) => expectOnConsole(device.console, patterns, { faults }, watch);
    },
  };
}

async function expectOnConsole(
  console: HasConsole['console'],
  patterns: Patterns,
  options: FaultOptions,
  { signal, failed, saw }: Watch,
): Promise<Expected> {
  const end = AbortSignal.any([signal, failed]);
  try {
    await using tty = await console.open({ ...options, from: 'boot', signal: end, timeout: undefined });
    saw(() => quoteTail(tty.tail).slice(-QUOTED).join('\n'));
    return await tty.expect(patterns, { signal: end, timeout: undefined });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof ExpectError && isDutError(error.cause) ? error.cause : error;
    if (!failed.aborted) throw why;
    const found = await findRecorded(console, patterns, signal);
    if (found) return found;
    throw failed.reason;
  }
}

/** Lines of the console in an error. */
const QUOTED = 4;
