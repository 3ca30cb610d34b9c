import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../../../package.json' with { type: 'json' };
import { registerCompletion } from '../completion/register.ts';

/** What is said before the node's name. */
export interface RootOptions {
  readonly host?: string;
  readonly insecure?: boolean;
  readonly fingerprint?: string;
  readonly passphraseFile?: string;
  readonly logLevel?: LogLevel;
}

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error', 'critical'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The command `jl` without the nodes of any device. */
export function createRoot(): Command {
  return new Command('jl')
    .description('Use the device at $JUMPSTARTER_HOST: each node of its tree is a command.')
    .usage('[options] NODE... [COMMAND] [ARGUMENTS]')
    .option('--host <address>', 'path of a socket, or HOST:PORT (default: $JUMPSTARTER_HOST)')
    .option('--insecure', 'no TLS by TCP: anyone on the way can read and change it ($JMP_GRPC_INSECURE=1)')
    .option('--fingerprint <hex>', "SHA-256 of the exporter's certificate ($JUMPLEAD_FINGERPRINT)")
    .option('--passphrase-file <file>', 'what the exporter asks for (default: $JMP_GRPC_PASSPHRASE)')
    .addOption(
      new Option('--log-level <level>', "also print the exporter's log from this level on")
        .choices(LOG_LEVELS)
        .argParser(readLevel),
    )
    .version(manifest.version)
    .helpOption('-h, --help', 'say what there is; after a node, what it can do')
    .enablePositionalOptions()
    .passThroughOptions()
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride();
}

function readLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase());
  if (level) return level;
  throw new InvalidArgumentError(`Allowed choices are ${LOG_LEVELS.join(', ')}.`);
}

/** `root` with the commands that need no device; a node of the same name goes first. */
export function withOwnCommands(root: Command, env: Readonly<Record<string, string | undefined>>): Command {
  const isTaken = root.commands.some((command) => ['complete', 'completion'].includes(command.name()));
  if (!isTaken) {
    registerCompletion(root, async (words) => {
      const { wholeProgram } = await import('./completion/whole-program.ts');
      return await wholeProgram(root, words, env);
    });
  }
  return root;
}

/** For `jl --help` where no device is connected. */
export const HELP_WITHOUT_HOST = `
A shell with a device attached has $JUMPSTARTER_HOST set:
  jumplead shell --exporter-config FILE     then: jl --help lists the nodes of that device

Nodes and commands of a virtual machine, for example:
  jl power on | off | cycle | reset | state the power
  jl flasher flash IMAGE                    write an image: a file or a URL
  jl console                                talk to it; Ctrl-B three times leaves
  jl ssh -- uname -r                        run a command on it, or log in: jl ssh
  jl screen                                 look at its screen in a browser
  jl NODE --help                            all that a node can do

jl completion bash|zsh|fish                 completes nodes, commands and options
Exit codes: 1 the device, 2 the way it was called, 3 the host or its surroundings, 70 a bug, 130 interrupted;
a command run for you passes on its own.`;
