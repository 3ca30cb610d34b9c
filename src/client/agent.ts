import { type Command, CommandError, shellLine, startDeadline, type WaitOptions } from '../core/index.ts';
import type { AgentOutput, Machine } from '../interfaces/index.ts';
import { guardAgainstFaults } from './faults/fault-guard.ts';
import { type FaultOptions, watchFaults } from './faults/fault-watch.ts';
import { requireExtended } from './missing.ts';
import type { RemoteNode } from './node.ts';
import { withDefault } from './timeouts.ts';

export interface AgentExecOptions extends WaitOptions, FaultOptions {
  /** `false`: a command that fails is no error. */
  readonly reject?: boolean;
  /** What the command reads, 2 MiB at most; default: nothing. */
  readonly stdin?: string | Uint8Array;
  /** Added to the agent's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command printed, and how it ended. */
export interface AgentResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  /** Such as `SIGTERM`. */
  readonly signal: string | null;
}

/**
 * The agent in a guest (`qemu-guest-agent`), which needs neither network nor login. A guest without one is told so at once, by an
 * UnsupportedError.
 */
export interface AgentHandle {
  /** Waits until the agent answers, also where the guest has yet to boot. */
  ready(options?: WaitOptions): Promise<void>;
  /**
   * Runs a command as the agent's user, usually root: an array of words as they are, or text for `sh`. Gives what it printed, up to
   * 16 MiB of each, once it has ended. A caller who gives up has it killed.
   *
   * @throws CommandError when it fails, or prints more.
   */
  exec(command: Command, options?: AgentExecOptions): Promise<AgentResult>;
  /** Sets the guest's clock: by default to the time of the exporter's host. */
  setTime(time?: Date, options?: WaitOptions): Promise<void>;
}

/** The handle of the agent in a machine. */
export function createAgent(node: RemoteNode<typeof Machine>, available: readonly string[]): AgentHandle {
  const { calls } = node;
  const require = (name: string) => requireExtended(node, `agent.${name}`, available);
  return {
    ready: async (options = {}) => {
      require('ready');
      const purpose = { operation: 'agent.ready', waitingFor: 'an answer of the agent in the guest' };
      using deadline = startDeadline(withDefault('sshConnect', node, options), purpose);
      await calls.agentReady({ signal: deadline.signal });
    },
    exec: async (command, { reject = true, stdin, env, ...waits } = {}) => {
      require('exec');
      const line = shellLine(command);
      const purpose = { operation: 'agent.exec', waitingFor: `the end of ${JSON.stringify(line)}` };
      using deadline = startDeadline(withDefault('run', node, waits), purpose);
      using guard = await guardAgainstFaults(
        watchFaults(node),
        { ...waits, signal: deadline.signal },
        purpose,
      );
      const [program = '', ...args] = typeof command === 'string' ? ['sh', '-c', command] : command;
      const asked = {
        command: [program, ...args] as [string, ...string[]],
        ...(env && { env: { ...env } }),
        ...(stdin !== undefined && { input: Buffer.from(stdin).toString('base64') }),
      };
      const result = await collect(line, calls.agentExec(asked, { signal: guard.signal }));
      if (result.exitCode !== 0 && reject) throw commandError(line, result, howItEnded(result));
      return result;
    },
    setTime: async (time, options) => {
      require('setTime');
      await calls.agentSetTime(time?.toISOString() ?? null, options);
    },
  };
}

/** Those of Linux, by their numbers. */
const SIGNALS = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP ' +
  'TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

async function collect(line: string, output: AsyncIterable<AgentOutput>): Promise<AgentResult> {
  const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  let result: AgentResult = { stdout: '', stderr: '', exitCode: null, signal: null };
  for await (const item of output) {
    if ('stdout' in item) printed.stdout.push(Buffer.from(item.stdout, 'base64'));
    else if ('stderr' in item) printed.stderr.push(Buffer.from(item.stderr, 'base64'));
    else {
      const [stdout, stderr] = [printed.stdout, printed.stderr].map((all) => Buffer.concat(all).toString());
      const signal = item.signal === null ? null : `SIG${SIGNALS[item.signal - 1] ?? item.signal}`;
      result = { stdout: stdout ?? '', stderr: stderr ?? '', exitCode: item.exitCode, signal };
      if (item.truncated)
        throw commandError(line, result, 'printed more than the 16 MiB that the agent keeps');
    }
  }
  return result;
}

function howItEnded({ exitCode, signal }: AgentResult): string {
  return exitCode === null ? `was ended by ${signal}` : `exited with ${exitCode}`;
}

/** The end of stderr that an error quotes. */
const QUOTED = 2_000;

function commandError(command: string, result: AgentResult, how: string): CommandError {
  const said = result.stderr.slice(-QUOTED).trimEnd();
  return new CommandError(
    [`agent.exec: ${JSON.stringify(command)} ${how}`, ...(said ? [said] : [])].join('\n'),
    { command, ...result },
    { operation: 'agent.exec' },
  );
}
