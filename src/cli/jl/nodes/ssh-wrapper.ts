import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { ExploredNode, TcpNetworkHandle } from '../../../client/index.ts';
import { ConfigError, isDutError, openOwnedFolder, runtimeFolders } from '../../../core/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import type { NodeCommands } from '../node-commands.ts';
import { checkSshCommand, planSsh } from '../ssh-command.ts';

/** Jumpstarter's ssh wrapper: the ssh program of this host, led to the device. */
export const sshWrapperCommands: NodeCommands = {
  byDefault: 'run',
  isSingle: true,
  register: (command, node, { signal }) => {
    command
      .command('run', { hidden: true })
      .description('run a command by ssh, or log in')
      .usage('[--direct] [SSH OPTIONS] [COMMAND...]')
      .argument('[args...]', 'options of ssh, then the command')
      .option('--direct', "go to the device's own address, without the exporter between")
      .option('--trust-command', 'run the ssh command line of the exporter whatever it says')
      .allowUnknownOption()
      .passThroughOptions()
      .addHelpText('after', '\nExamples:\n  jl ssh\n  jl ssh uname -r\n  jl ssh -L 8080:localhost:80 -N')
      .action(async (args: string[], options: { direct?: true; trustCommand?: true }) => {
        const [program, username, identity] = await Promise.all([
          node.call('get_ssh_command', [], { signal }),
          node.call('get_default_username', [], { signal }),
          node.call('get_ssh_identity', [], { signal }),
        ]);
        const words = String(program).split(/\s+/).filter(Boolean);
        if (!options.trustCommand) checkSshCommand(words);
        const tcp = await tcpOf(node);
        const direct = options.direct ? await directAddress(tcp, signal) : undefined;
        await using stack = new AsyncDisposableStack();
        const at = direct ?? stack.use(await tcp.forward({ signal }));
        const key = identity ? await keepKey(stack, String(identity)) : undefined;
        const line = planSsh({ command: words, key, username: String(username ?? ''), ...at }, args);
        const code = await runForUser(line, signal);
        if (code !== 0) throw new ExitStatus(code);
      });
  },
};

async function tcpOf(node: ExploredNode): Promise<TcpNetworkHandle> {
  const handle = await node.children.get('tcp')?.handle();
  if (handle) return handle as TcpNetworkHandle; // SAFE: the child of an ssh wrapper is a network
  const message = 'missing; an ssh wrapper needs a child "tcp"';
  throw new ConfigError(`${node.path}: tcp: ${message}`, { issues: [{ path: 'tcp', message }] });
}

/** The device's own address; undefined where the exporter does not tell it. */
async function directAddress(tcp: TcpNetworkHandle, signal: AbortSignal) {
  try {
    const { hostname, port } = new URL((await tcp.address({ signal })).replace(/^\w+:/, 'http:'));
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  } catch (error) {
    if (!isDutError(error) || (error.code !== 'unsupported' && error.code !== 'config')) throw error;
    process.stderr.write(`no direct way (${error.message}); going through the exporter\n`);
    return undefined;
  }
}

/** The private key in a file that only we can read, as long as it is needed; if we are killed, the next session that is opened removes it. */
async function keepKey(stack: AsyncDisposableStack, key: string): Promise<string> {
  const folder = stack.use(await openOwnedFolder(await runtimeFolders()));
  const path = join(folder.path, 'key');
  await writeFile(path, key, { mode: 0o600 });
  return path;
}

/** Runs a program in the user's terminal. Its exit code; 127 where there is none of that name. */
async function runForUser([file = 'ssh', ...args]: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(file, args, { stdio: 'inherit', signal });
  const [code, by] = (await once(child, 'exit').catch((error: NodeJS.ErrnoException) => {
    signal.throwIfAborted();
    if (error.code !== 'ENOENT') throw error;
    process.stderr.write(`${file}: there is no such program here; install an ssh client\n`);
    return [127, null];
  })) as [number | null, NodeJS.Signals | null]; // SAFE: the arguments of 'exit'
  signal.throwIfAborted();
  return code ?? 128 + (by ? constants.signals[by] : 0);
}
