import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { DeviceError } from '../../../core/index.ts';
import type { AgentCommand, AgentOutput } from '../../../interfaces/index.ts';
import type { GuestAgent } from './guest-agent.ts';

const Started = z.object({ pid: z.int() });
const Status = z.object({
  exited: z.boolean(),
  exitcode: z.int().optional(),
  signal: z.int().optional(),
  'out-data': z.string().optional(),
  'err-data': z.string().optional(),
  'out-truncated': z.boolean().optional(),
  'err-truncated': z.boolean().optional(),
});
type Status = z.output<typeof Status>;

/** The agent tells nothing by itself, it has to be asked whether a command has ended: at first after, in milliseconds, */
const SOON = 5;
/** and each time after half as much again, at most. */
const LATE = 250;
/** The most of an output in one message. */
const PIECE = 256 * 1024;

/**
 * Runs a command in the guest, as the agent's user: root, usually. Yields what it has printed, once it has ended, and then how it
 * ended. When `signal` aborts, it is killed.
 *
 * @throws as `GuestAgent.ask`; DeviceError when the agent went away meanwhile.
 */
export async function* execInGuest(
  agent: GuestAgent,
  { command, env, input }: AgentCommand,
  signal: AbortSignal,
): AsyncGenerator<AgentOutput> {
  // What the agent gets as environment would be all there is.
  const settings = Object.entries(env ?? {}).map(([name, value]) => `${name}=${value}`);
  const [path, ...arg] = settings.length > 0 ? ['env', ...settings, ...command] : command;
  const { pid } = await agent.ask(
    'guest-exec',
    { path, arg, 'capture-output': true, ...(input !== undefined && { 'input-data': input }) },
    Started,
    { signal },
  );
  const status = await waitForEnd(agent, pid, signal);
  yield* pieces(status['out-data'], (stdout) => ({ stdout }));
  yield* pieces(status['err-data'], (stderr) => ({ stderr }));
  yield {
    exitCode: status.exitcode ?? null,
    signal: status.signal ?? null,
    truncated: (status['out-truncated'] || status['err-truncated']) ?? false,
  };
}

async function waitForEnd(agent: GuestAgent, pid: number, signal: AbortSignal): Promise<Status> {
  const { generation } = agent;
  try {
    for (let pause = SOON; ; pause = Math.min(pause * 1.5, LATE)) {
      const status = await agent.ask('guest-exec-status', { pid }, Status, { signal });
      if (status.exited) return status;
      await wait(pause, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) void kill(agent, pid, generation);
    signal.throwIfAborted();
    if (agent.generation === generation) throw error;
    const message =
      'agent: the guest agent has been started anew; what has become of the command is not known';
    throw new DeviceError(message, { event: 'AGENT_GONE', tail: '' }, { operation: 'agent', cause: error });
  }
}

/** Nobody waits for it any more. */
async function kill(agent: GuestAgent, pid: number, generation: number): Promise<void> {
  if (agent.generation !== generation) return;
  const killed = { path: 'sh', arg: ['-c', `kill -KILL ${pid}`], 'capture-output': false };
  await agent.ask('guest-exec', killed, Started).catch(() => undefined);
}

/** Whole groups of base64, so that each piece can be decoded by itself. */
function* pieces<T>(data: string | undefined, wrap: (piece: string) => T): Generator<T> {
  for (let at = 0; data && at < data.length; at += PIECE) yield wrap(data.slice(at, at + PIECE));
}
