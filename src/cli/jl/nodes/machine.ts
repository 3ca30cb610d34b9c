import type { Machine } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { registerAgent } from './machine-agent.ts';
import { registerFork } from './machine-fork.ts';
import { registerSnapshots } from './machine-snapshots.ts';

/** A virtual machine as a whole; its parts are nodes below it. */
export const machineCommands: NodeCommands = {
  register: (command, node, context) => {
    const { signal } = context;
    registerSnapshots(command, node, context);
    registerFork(command, node, context);
    registerAgent(command, node, context);
    const machine = () => handleOf<typeof Machine>(node);
    const resize = command.command('resize').description('change the size of what the machine has');
    resize
      .command('disk')
      .description('the size of the disk at the next power-on')
      .argument('<size>', 'such as 20G')
      .action(async (size: string) => {
        await node.call('set_disk_size', [size], { signal });
        process.stdout.write(`Disk will be resized to ${size} on next power on\n`);
      });
    resize
      .command('memory')
      .description('the memory at the next power-on')
      .argument('<size>', 'such as 2G')
      .action(async (size: string) => {
        await node.call('set_memory_size', [size], { signal });
        process.stdout.write(`Memory will be set to ${size} on next power on\n`);
      });
    withOutput(
      command.command('credentials').description('host name, user and password of the guest'),
    ).action(async (options: OutputOption) => {
      const { hostname, credentials } = await machine();
      const data = { hostname, ...credentials };
      const text = Object.entries(data).map(([name, value]) => `${name.padEnd(9)} ${value}`);
      await print({ data, text: text.join('\n'), name: credentials.username }, options);
    });
    withOutput(command.command('describe').description('what was chosen for this machine, and why')).action(
      async (options: OutputOption) => {
        const data = await (await machine()).describe({ signal });
        const { stringify } = await import('yaml');
        await print({ data, text: stringify(data).trimEnd(), name: data.machine }, options);
      },
    );
  },
};
