import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ExploredNode } from '../../../client/index.ts';
import { mistake } from '../../../core/index.ts';
import type { ByteChannel } from '../../../interfaces/index.ts';
import { stdinChunks, writeTo } from '../copy.ts';
import type { JlContext } from '../node-commands.ts';

interface PipeWords {
  readonly output: string | boolean;
  readonly input?: boolean;
  readonly append?: boolean;
}

/** What `pipe` does, once its options have been found to fit together. */
interface PipePlan {
  /** `undefined`: stdout; `null`: nowhere, and the end of stdin is the end of all. */
  readonly output: string | null | undefined;
  readonly append: boolean;
  readonly input: boolean;
}

/** `pipe`: what the device says to stdout or a file, and stdin to the device. Options as those of Python's `j`. */
export function registerPipe(
  command: Command,
  node: ExploredNode,
  { signal }: JlContext,
  openChannel: () => Promise<ByteChannel>,
): void {
  const name = `jl ${node.path.replaceAll('.', ' ')} pipe`;
  command
    .command('pipe')
    .description('pass it on: what the device says to stdout or a file, stdin to the device, until Ctrl-C')
    .option('-o, --output <file>', 'write to a file instead of stdout')
    .option('-a, --append', 'append to that file')
    .option('-i, --input', 'pass on stdin also where it is a terminal')
    .option('--no-input', 'do not pass on stdin')
    .option('--no-output', 'read nothing: pass on stdin, and end when that ends')
    .addHelpText(
      'after',
      `
Where stdin is no terminal it is passed on; at its end the output goes on.

Examples:
  ${name}
  ${name} -o serial.log
  echo reboot | ${name}
  ${name} --no-output < commands.txt`,
    )
    .action(async (words: PipeWords) => {
      const plan = planPipe(words, process.stdin.isTTY);
      process.stderr.write(`${describePlan(plan)}\n`);
      await runPipe(plan, await openChannel(), signal);
    });
}

/** What the options mean together. @throws ConfigError where they contradict each other */
export function planPipe({ output, input, append = false }: PipeWords, isTerminal: boolean): PipePlan {
  const takesInput = input ?? !isTerminal;
  if (append && typeof output !== 'string') throw mistake('pipe', '--append requires --output FILE');
  if (output === false && !takesInput)
    throw mistake('pipe', '--no-output requires stdin: pipe something in, or --input');
  return {
    output: output === false ? null : output === true ? undefined : output,
    append,
    input: takesInput,
  };
}

function describePlan({ output, input }: PipePlan): string {
  if (output === null) return 'stdin to the device, no output; ends with stdin';
  const where = output === undefined ? 'stdout' : output;
  return `the device to ${where}${input ? ', stdin to the device' : ''} (Ctrl-C ends it)`;
}

async function runPipe(
  { output, append, input }: PipePlan,
  channel: ByteChannel,
  signal: AbortSignal,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  stack.use(channel);
  const close = () => void channel[Symbol.asyncDispose]();
  signal.addEventListener('abort', close, { once: true });
  stack.defer(() => void process.stdin.destroy());
  const feeding = input ? feed(channel) : undefined;
  if (output === null) await feeding;
  else {
    feeding?.catch(() => undefined); // The output ends with the same.
    await drain(stack, channel, output, append);
  }
  signal.throwIfAborted();
  if (output !== null) process.stderr.write('\nthe stream has ended\n');
}

async function feed(channel: ByteChannel): Promise<void> {
  for await (const chunk of stdinChunks()) await channel.write(chunk);
  await channel.end();
}

async function drain(
  stack: AsyncDisposableStack,
  channel: ByteChannel,
  output: string | undefined,
  append: boolean,
): Promise<void> {
  const file = output === undefined ? undefined : stack.use(await openFile(output, append));
  for await (const chunk of channel) await (file ? file.writeFile(chunk) : writeTo(process.stdout, chunk));
}

async function openFile(path: string, append: boolean) {
  return await open(path, append ? 'a' : 'w').catch((cause: NodeJS.ErrnoException) => {
    throw mistake('pipe', `${path} cannot be written (${cause.code})`);
  });
}
