import type { Command } from 'commander';
import type { ExploredNode } from '../../../client/index.ts';
import { Unsuccessful } from '../../exit-code.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { onOrOff } from '../options.ts';
import { viewConsole } from '../terminal/console-view.ts';
import { registerPipe } from '../terminal/pipe.ts';

/** A serial port. */
export const serialCommands: NodeCommands = {
  byDefault: 'start-console',
  register: (command, node, context) => {
    const open = () => node.open('connect', undefined, { signal: context.signal });
    command
      .command('start-console')
      .description('talk to it on this terminal; Ctrl-B three times leaves')
      .option('--read-only', 'send no keys')
      .action(async ({ readOnly = false }: { readOnly?: boolean }) => {
        const options = { readOnly, takeOver: false, signal: context.signal };
        if (!(await viewConsole({ name: node.path, open }, options)))
          throw new Unsuccessful('the port has ended');
      });
    registerPipe(command, node, context, open);
    registerLines(command, node, context);
  },
};

/** The control lines. */
function registerLines(command: Command, node: ExploredNode, { signal }: JlContext): void {
  for (const line of ['dtr', 'rts']) {
    command
      .command(`set-${line}`)
      .description(`set the line ${line.toUpperCase()}`)
      .argument('<on|off>', 'the level', onOrOff)
      .action(async (value: boolean) => void (await node.call(`set_${line}`, [value], { signal })));
  }
  command
    .command('close')
    .description('close the port, ending every open stream')
    .action(async () => void (await node.call('close', [], { signal })));
}
