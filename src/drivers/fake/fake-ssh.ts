import { Ssh } from '../../interfaces/index.ts';
import { connectSocket } from '../std/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';
import { createSshKey, openSshServer, type SshAccount, type SshServer } from './ssh-server.ts';
import type { CommandResult, RunCommand } from './ssh-session.ts';

export interface FakeSshOptions {
  readonly fail?: Failures<typeof Ssh>;
  /** `user` by default. */
  readonly username?: string;
  /** Accepted beside the key; none by default. */
  readonly password?: string;
  /** What the commands do, by their whole text; others are not found. Added to `true`, `false`, `cat` and `uname -r`. */
  readonly commands?: Readonly<Record<string, CommandResult | ((stdin: string) => CommandResult)>>;
}

/** A machine that can be logged into: the commands that were run on it. */
export class FakeSshDevice extends FakeDevice<typeof Ssh> {
  readonly commands: string[] = [];
  readonly identity: SshAccount;
  /** The server, while a session has the driver open. */
  server: SshServer | undefined;

  constructor({ fail, username = 'user', password }: FakeSshOptions) {
    super('fake-ssh', fail);
    this.identity = { username, privateKey: createSshKey(), password: password ?? null };
  }

  override unplug(): void {
    super.unplug();
    this.server?.disconnect();
  }
}

const COMMANDS: FakeSshOptions['commands'] = {
  true: {},
  false: { exitCode: 1 },
  cat: (stdin) => ({ stdout: stdin }),
  'uname -r': { stdout: '6.1.0-fake\n' },
};

/** Plays commands from a table, by their whole text; others are not found. */
export function playCommands(more: FakeSshOptions['commands']): RunCommand {
  const commands = new Map(Object.entries({ ...COMMANDS, ...more }));
  return (command, stdin) => {
    const play = commands.get(command) ?? { stderr: `sh: 1: ${command}: not found\n`, exitCode: 127 };
    return typeof play === 'function' ? play(stdin) : play;
  };
}

const HOST = '127.0.0.1';

/** A real ssh server with a key pair of its own, whose commands are played from a table. */
export function fakeSsh(options: FakeSshOptions = {}): Fake<typeof Ssh, FakeSshDevice> {
  const device = new FakeSshDevice(options);
  const play = playCommands(options.commands);
  const run = (command: string, stdin: string): CommandResult => {
    device.commands.push(command);
    return play(command, stdin);
  };
  return defineFake({
    name: 'fake-ssh',
    interface: Ssh,
    device,
    open: async (stack) => {
      const server = stack.use(await openSshServer(device.identity, run));
      device.server = server;
      return {
        connect: (_, { signal }) => connectSocket({ host: HOST, port: server.port }, server.address, signal),
        address: async () => server.address,
        identity: async () => device.identity,
      };
    },
  });
}
