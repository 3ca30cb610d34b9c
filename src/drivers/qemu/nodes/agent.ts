import type { CallContext } from '../../../driver/index.ts';
import type { AgentOutput, Handlers, Machine } from '../../../interfaces/index.ts';
import { setGuestTime } from '../agent/clock.ts';
import { execInGuest } from '../agent/exec.ts';
import type { GuestAgent } from '../agent/guest-agent.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { PowerSession } from '../machine/power-session.ts';

type AgentHandlers = Pick<Handlers<typeof Machine, CallContext>, 'agentReady' | 'agentExec' | 'agentSetTime'>;

/** What a machine does through the agent in its guest. */
export function agentHandlers(machine: VirtualMachine): AgentHandlers {
  const use = async (
    operation: string,
    { signal }: CallContext,
    work: (agent: GuestAgent, signal: AbortSignal) => Promise<void>,
  ): Promise<null> => {
    const session = machine.session(operation);
    session.used ||= operation !== 'agent.ready';
    await work(session.agent, AbortSignal.any([signal, session.boot])).catch(explain(session, signal));
    return null;
  };
  return {
    agentReady: (context) => use('agent.ready', context, (agent, signal) => agent.ready(signal)),
    agentExec: async function* (command, context): AsyncGenerator<AgentOutput> {
      const session = machine.session('agent.exec');
      session.used = true;
      try {
        yield* execInGuest(session.agent, command, AbortSignal.any([context.signal, session.boot]));
      } catch (error) {
        await explain(session, context.signal)(error);
      }
    },
    agentSetTime: (time, context) =>
      use('agent.set_time', context, (agent, signal) =>
        setGuestTime(agent, time == null ? new Date() : new Date(time), { signal }),
      ),
  };
}

/** What ends the machine ends this too, with the machine's own error. */
const explain = (session: PowerSession, signal: AbortSignal) => async (error: unknown) => {
  signal.throwIfAborted();
  await session.confirm();
  throw error;
};
