import { text } from 'node:stream/consumers';
import type { ServerChannel, Session } from 'ssh2';

/** How a command ended. */
export interface CommandResult {
  readonly stdout?: string;
  readonly stderr?: string;
  /** 0 by default. */
  readonly exitCode?: number;
}

/** A command, as the client wrote it, with everything that it was given on its standard input. */
export type RunCommand = (command: string, stdin: string) => CommandResult;

/** Serves one ssh session: a command, or a shell without an echo that takes a command per line. */
export function serveSession(session: Session, run: RunCommand): void {
  session.on('pty', (accept) => accept());
  session.on('env', (accept) => accept?.());
  session.on('exec', (accept, _reject, { command }) => void exec(accept(), command, run));
  session.on('shell', (accept) => void shell(accept(), run));
}

async function exec(channel: ServerChannel, command: string, run: RunCommand): Promise<void> {
  const stdin = await text(channel.stdin);
  finish(channel, run(command, stdin));
}

async function shell(channel: ServerChannel, run: RunCommand): Promise<void> {
  let unread = '';
  for await (const chunk of channel.stdin) {
    const lines = (unread + chunk).split(/\r\n|\r|\n/);
    unread = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'exit') return finish(channel, {});
      const { stdout = '', stderr = '' } = run(line, '');
      channel.write(stdout + stderr);
    }
  }
  finish(channel, {});
}

function finish(channel: ServerChannel, { stdout = '', stderr = '', exitCode = 0 }: CommandResult): void {
  if (stderr) channel.stderr.write(stderr);
  if (stdout) channel.write(stdout);
  channel.exit(exitCode);
  channel.end();
}
