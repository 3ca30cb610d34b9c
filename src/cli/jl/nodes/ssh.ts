import { constants } from 'node:os';
import type { SshConnectOptions, SshExit, SshSession } from '../../../client/index.ts';
import type { Ssh } from '../../../interfaces/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import { readOptionFile } from '../../option-file.ts';
import { copyTo, stdinChunks } from '../copy.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { openRawTerminal } from '../terminal/raw-terminal.ts';
import { registerAddress, registerForwards } from './network.ts';

interface RunWords {
  readonly loginName?: string;
  readonly identity?: string;
  readonly tty?: true;
}

/** The ssh server of a machine. */
export const sshCommands: NodeCommands = {
  byDefault: 'run',
  register: (command, node, context) => {
    const ssh = () => handleOf<typeof Ssh>(node);
    const { signal } = context;
    command
      .command('run')
      .description('run a command by ssh, or log in')
      .argument('[command...]', 'for the shell of the device; default: log in')
      .option('-l, --login-name <user>', 'whom to log in as (default: as the device says)')
      .option('-i, --identity <file>', 'a private key (default: as the device says)')
      .option('-t, --tty', 'give the command a terminal')
      .passThroughOptions()
      .addHelpText(
        'after',
        `
The exit code is that of the command. A machine that is still starting is waited for.

Examples:
  jl ssh                       log in
  jl ssh -- uname -r
  jl ssh -- 'journalctl -b | tail'
  jl ssh -t -- top
  jl ssh -- tar -c /etc > etc.tar`,
      )
      .action(async (words: string[], options: RunWords) => {
        const { connect } = await ssh();
        await using session = await connect({ ...(await readLogin(options)), signal });
        const line = words.join(' ');
        const exit =
          line === '' || options.tty ? await runInTerminal(session, line) : await runPlainly(session, line);
        const code = codeOf(exit);
        if (code !== 0) throw new ExitStatus(code);
      });
    registerForwards(command, ssh, context);
    registerAddress(command, node, context);
  },
};

async function readLogin({ loginName, identity }: RunWords): Promise<SshConnectOptions> {
  const username = loginName === undefined ? {} : { username: loginName };
  if (identity === undefined) return username;
  return { ...username, privateKey: await readOptionFile('--identity', identity) };
}

/** A command with a terminal, or the user's shell: every key goes to it, and so does the size of the window. */
async function runInTerminal(session: SshSession, line: string): Promise<SshExit> {
  using terminal = openRawTerminal('give a command: jl ssh -- COMMAND');
  const pty = { ...terminal.size, term: process.env['TERM'] ?? 'xterm-256color' };
  await using shell = line === '' ? await session.shell(pty) : withStdout(await session.spawn(line, { pty }));
  terminal.onResize(({ rows, columns }) => shell.resize(rows, columns));
  void feed(terminal.keys, shell).catch(() => undefined);
  await copyTo(process.stdout, shell);
  return await shell.exited;
}

const withStdout = (running: Awaited<ReturnType<SshSession['spawn']>>) => ({
  ...running,
  [Symbol.asyncIterator]: () => running.stdout[Symbol.asyncIterator](),
});

async function runPlainly(session: SshSession, line: string): Promise<SshExit> {
  await using running = await session.spawn(line);
  void feed(stdinChunks(), running).catch(() => undefined);
  try {
    await Promise.all([copyTo(process.stdout, running.stdout), copyTo(process.stderr, running.stderr)]);
    return await running.exited;
  } finally {
    process.stdin.destroy();
  }
}

interface Fed {
  write(chunk: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

async function feed(chunks: AsyncIterable<Uint8Array>, to: Fed): Promise<void> {
  for await (const chunk of chunks) await to.write(chunk);
  await to.end();
}

/** As ssh says it: 255 where the connection ended first, 128 and its number for a signal. */
function codeOf({ exitCode, signal }: SshExit): number {
  if (exitCode !== null) return exitCode;
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
  return number === undefined ? 255 : 128 + number;
}
