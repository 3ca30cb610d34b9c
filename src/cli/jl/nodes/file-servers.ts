import type { Command } from 'commander';
import type { FileServerHandle } from '../../../client/index.ts';
import type { HttpServer, TftpServer } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { withProgress } from '../progress.ts';

/** A TFTP server; its files are the node `storage` below it. */
export const tftpServerCommands: NodeCommands = {
  register: (command, node, context) =>
    registerServer(command, () => handleOf<typeof TftpServer>(node), context),
};

/** An HTTP server; its files are the node `storage` below it. */
export const httpServerCommands: NodeCommands = {
  register: (command, node, context) => {
    const { signal } = context;
    const server = () => handleOf<typeof HttpServer>(node);
    registerServer(command, server, context);
    withOutput(command.command('url').description('where devices fetch from')).action(
      async (options: OutputOption) => {
        const url = await (await server()).url({ signal });
        await print({ data: { url }, text: url }, options);
      },
    );
    command
      .command('put-file')
      .description('put a file there, and print the address that devices fetch it from')
      .argument('<path>', 'what it is called there')
      .argument('<file>', 'path, or an http(s) URL that the exporter fetches')
      .action(async (path: string, file: string) => {
        const { putFile } = await server();
        let url = '';
        await withProgress('put', async (onProgress) => {
          url = await putFile(path, file, { onProgress, signal });
        });
        process.stdout.write(`${url}\n`);
      });
  },
};

function registerServer(
  command: Command,
  server: () => Promise<FileServerHandle>,
  { signal }: JlContext,
): void {
  command
    .command('start')
    .description('start to serve')
    .action(async () => (await server()).start({ signal }));
  command
    .command('stop')
    .description('stop serving')
    .action(async () => (await server()).stop({ signal }));
  withOutput(command.command('address').description('the address and port that it listens on')).action(
    async (options: OutputOption) => {
      const { host, port } = await server();
      const data = { host: await host({ signal }), port: await port({ signal }) };
      await print({ data, text: `${data.host}:${data.port}` }, options);
    },
  );
}
