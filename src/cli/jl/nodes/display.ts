import type { Command } from 'commander';
import { Option } from 'commander';
import type { VncHandle } from '../../../client/index.ts';
import type { Display, Vnc } from '../../../interfaces/index.ts';
import { openBrowser } from '../browser.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { port } from '../options.ts';
import { untilInterrupted } from '../pause.ts';
import { registerForwards } from './network.ts';

/** The screen of a machine. */
export const displayCommands: NodeCommands = {
  byDefault: 'session',
  register: (command, node, context) => {
    const display = () => handleOf<typeof Display>(node);
    registerSession(command, display, context);
    command
      .command('screenshot')
      .description('take a picture of the screen, as PNG')
      .argument('[file]', 'where to put it; -: stdout', 'screenshot.png')
      .addHelpText('after', '\nExamples:\n  jl screen screenshot boot.png\n  jl screen screenshot - | file -')
      .action(async (file: string) => {
        const { screenshot } = await display();
        const png = await screenshot(file === '-' ? undefined : file, { signal: context.signal });
        process.stdout.write(file === '-' ? png : `${file}\n`);
      });
    registerForwards(command, display, context);
  },
};

/** Jumpstarter's VNC node. */
export const vncCommands: NodeCommands = {
  byDefault: 'session',
  register: (command, node, context) => registerSession(command, () => handleOf<typeof Vnc>(node), context),
};

interface SessionWords {
  readonly browser?: boolean;
  readonly port: number;
}

function registerSession(command: Command, vnc: () => Promise<VncHandle>, { signal }: JlContext): void {
  command
    .command('session')
    .description('show the screen on a page of this host, until Ctrl-C')
    .option('--browser', 'open the page in a browser (default: on a desktop)')
    .option('--no-browser', 'only print its address')
    .option('--port <port>', 'of 127.0.0.1 for the page', port, 0)
    // The page is served by this host to this host, so there is nothing to encrypt.
    .addOption(new Option('--encrypt', 'has no effect: the page never leaves this host').hideHelp())
    .addOption(new Option('--no-encrypt').hideHelp())
    .addHelpText('after', '\nThe page needs nothing from any other server. Its link works once.')
    .action(async ({ browser, port: localPort }: SessionWords) => {
      await using page = await (await vnc()).open({ port: localPort, signal });
      process.stdout.write(`To connect, please visit: ${page.url}\n`);
      if (browser ?? process.stdout.isTTY) openBrowser(page.createLink());
      process.stdout.write('Press Ctrl+C to close the VNC session.\n');
      await untilInterrupted(signal);
    });
}
