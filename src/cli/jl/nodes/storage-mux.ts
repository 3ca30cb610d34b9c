import type { Command } from 'commander';
import type { ExploredNode } from '../../../client/index.ts';
import type { StorageMux } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { withProgress } from '../progress.ts';
import { registerFlasher } from './flasher.ts';

/** A medium that is switched between host and device. */
export const storageMuxCommands: NodeCommands = {
  register: (command, node, context) => registerStorageMux(command, node, context),
};

/** As `storageMuxCommands`, flashed as a whole. */
export const storageMuxFlasherCommands: NodeCommands = {
  register: (command, node, context) => {
    registerFlasher(command, node, context);
    registerStorageMux(command, node, context);
  },
};

/** `host`, `dut`, `off`, and the medium as a file. */
export function registerStorageMux(command: Command, node: ExploredNode, { signal }: JlContext): void {
  const mux = () => handleOf<typeof StorageMux>(node);
  command
    .command('host')
    .description('connect the storage to the host')
    .action(async () => (await mux()).host({ signal }));
  command
    .command('dut')
    .description('connect the storage to the device')
    .action(async () => (await mux()).dut({ signal }));
  command
    .command('off')
    .description('disconnect the storage')
    .action(async () => (await mux()).off({ signal }));
  command
    .command('write-local-file')
    .description('write a file to the storage; it must be connected to the host')
    .argument('<file>', 'path or URL of the image')
    .action(async (file: string) => {
      const handle = await mux();
      await withProgress('write', (onProgress) => handle.write(file, { onProgress, signal }));
    });
  command
    .command('read-local-file')
    .description('read the storage into a file; it must be connected to the host')
    .argument('<file>', 'where to put it')
    .action(async (file: string) => (await mux()).read(file, { signal }));
}
