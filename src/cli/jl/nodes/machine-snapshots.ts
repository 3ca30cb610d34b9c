import type { Command } from 'commander';
import { formatSize } from '../../../core/index.ts';
import type { Machine, SnapshotInfo } from '../../../interfaces/index.ts';
import { alignColumns } from '../../table.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { count } from '../options.ts';
import { type OutputOption, print, withOutput } from '../output.ts';

/** `jl snapshot`: the saved states of a machine. */
export const registerSnapshots: NodeCommands['register'] = (command, node, { signal }) => {
  const snapshots = async () => (await handleOf<typeof Machine>(node)).snapshots;
  const all = command.command('snapshot').description('save the machine, and make it what it was');
  const named = (name: string, description: string): Command =>
    all.command(name).description(description).argument('<name>', 'of the snapshot');
  withOutput(
    named('save', 'save the machine, which goes on').option(
      '--ahead <count>',
      'how many forks are to be made ready before somebody asks for one',
      count,
    ),
  ).action(async (name: string, options: OutputOption & { ahead?: number }) => {
    const data = await (await snapshots()).save(name, { ahead: options.ahead, signal });
    const text = `${name} was saved; the machine stood still for ${Math.round(data.pause)} ms`;
    await print({ data, text, name }, options);
  });
  withOutput(all.command('ls').description('list what was saved')).action(async (options: OutputOption) => {
    const data = await (await snapshots()).list({ signal });
    const text = data.length === 0 ? 'nothing was saved' : alignColumns(data.flatMap(describe)).trimEnd();
    await print({ data, text, name: data.map(({ name }) => name).join('\n') }, options);
  });
  named('restore', 'make the machine what it was then').action(async (name: string) =>
    (await snapshots()).restore(name, { signal }),
  );
  named('rm', 'forget a saved state').action(async (name: string) =>
    (await snapshots()).delete(name, { signal }),
  );
};

/** A snapshot with what is shared by all that started from it, and each of these with what is its own. */
const describe = ({ name, created, memory, disk, machines }: SnapshotInfo) => [
  [name, created, ...space({ memory, disk }), machines.length === 0 ? 'no forks' : 'shared by its forks'],
  ...machines.map((fork) => [`  ${fork.name}`, '', ...space(fork), 'its own']),
];

const space = ({ memory, disk }: { readonly memory: number; readonly disk: number }) => [
  `${formatSize(memory)} memory`,
  `${formatSize(disk)} disk`,
];
