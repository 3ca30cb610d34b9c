import type { AgentHandle } from '../agent.ts';
import { requirePart } from './needs.ts';
import type { Wait } from './wait.ts';

/** A machine whose guest may have an agent. */
export interface HasAgent {
  readonly agent: Pick<AgentHandle, 'ready'>;
}

/** Waits until the agent in the guest answers: the guest needs neither network nor login for it. */
export function agent(): Wait<HasAgent, void> {
  return {
    name: 'agent',
    prepare: async ({ device }) => {
      requirePart(device, 'agent', ['ready'], 'agent');
      return async ({ signal }) => await device.agent.ready({ signal, timeout: undefined });
    },
  };
}
