import { InvalidArgumentError } from 'commander';
import type { ExploredNode } from '../../../client/index.ts';
import { formatSize } from '../../../core/index.ts';
import type { Console, ConsoleStart, ConsoleStatus } from '../../../interfaces/index.ts';
import { Unsuccessful } from '../../exit-code.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { type ViewSource, viewConsole } from '../terminal/console-view.ts';
import { registerPipe } from '../terminal/pipe.ts';

/** How much of what was said before is shown, unless it is asked for. */
const HISTORY = 256 * 1024;

interface ViewWords {
  readonly from?: ConsoleStart;
  readonly readOnly?: boolean;
  readonly takeOver?: boolean;
}

/** A console that is recorded. */
export const consoleCommands: NodeCommands = {
  byDefault: 'start-console',
  register: (command, node, context) => {
    const { signal } = context;
    const handle = () => handleOf<typeof Console>(node);
    command
      .command('start-console')
      .description('talk to it on this terminal; Ctrl-B three times leaves')
      .option(
        '--from <where>',
        `boot, now, next or an offset (default: boot, at most ${formatSize(HISTORY)})`,
        start,
      )
      .option('--take-over', 'type also where somebody else is typing')
      .option('--read-only', 'send no keys')
      .addHelpText(
        'after',
        `
What was said before is shown first, without what would make this terminal answer. Any number of people may look; one at a
time types: whoever typed first, until they leave. It goes on through resets and power cycles.

Examples:
  jl console
  jl console --from now --read-only`,
      )
      .action(async ({ from, readOnly = false, takeOver = false }: ViewWords) => {
        const source = recordedSource(node, await (await handle()).status({ signal }), from, signal);
        if (!(await viewConsole(source, { readOnly, takeOver, signal })))
          throw new Unsuccessful('the console has ended');
      });
    registerPipe(command, node, context, async () => (await handle()).stream({ signal }));
    withOutput(command.command('status').description('who types, and where the recording is')).action(
      async (options: OutputOption) => {
        const data = await (await handle()).status({ signal });
        const lines = Object.entries(data).map(([name, value]) => `${name.padEnd(10)} ${value ?? '-'}`);
        await print({ data, text: lines.join('\n'), name: data.transcript ?? '' }, options);
      },
    );
    command
      .command('close')
      .description('end every open stream of the console, also those of others')
      .action(async () => (await handle()).close({ signal }));
  },
};

function start(text: string): ConsoleStart {
  if (text === 'boot' || text === 'now' || text === 'next') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected boot, now, next, or an offset in bytes');
}

function recordedSource(
  node: ExploredNode,
  { offset, oldest, boot, next = offset }: ConsoleStatus,
  from: ConsoleStart | undefined,
  signal: AbortSignal,
): ViewSource {
  const begin = from ?? Math.max(boot, offset - HISTORY);
  const wanted = typeof begin === 'number' ? begin : { boot, next, now: offset }[begin];
  return {
    name: node.path,
    recorded: { start: Math.max(wanted, oldest), history: offset },
    open: (position, takeOver) =>
      node.open('connect', { from: position, takeOver, counts: false, faults: 'stay' }, { signal }),
  };
}
