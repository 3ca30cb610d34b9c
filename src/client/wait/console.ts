import { ExpectError, isDutError } from '../../core/index.ts';
import type { ConsoleHandle } from '../console/console.ts';
import { describePatterns, type Pattern, type Patterns } from '../console/patterns.ts';
import type { Expected } from '../console/tty.ts';
import { quoteTail } from '../console/tty-errors.ts';
import { requirePart } from './needs.ts';
import type { Wait } from './wait.ts';

/** A device with a console that is recorded. */
export interface HasConsole {
  readonly console: Pick<ConsoleHandle, 'open' | 'status'>;
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
    prepare: async ({ device, signal }) => {
      requirePart(device, 'console', ['open', 'status'], name);
      // A console that is not recorded has one reader, whose text this would take.
      await device.console.status({ signal });
      return async (watch) => {
        const waits = { signal: watch.signal, timeout: undefined };
        await using tty = await device.console.open({ from: 'boot', ...waits });
        watch.saw(() => quoteTail(tty.tail).slice(-QUOTED).join('\n'));
        return await tty.expect(patterns, waits).catch((error: unknown) => {
          const why = error instanceof ExpectError && isDutError(error.cause) ? error.cause : error;
          throw why;
        });
      };
    },
  };
}

/** Lines of the console in an error. */
const QUOTED = 4;
