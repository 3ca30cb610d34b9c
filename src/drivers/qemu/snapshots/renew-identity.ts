import { randomUUID } from 'node:crypto';
import { DeviceError, StateError, UnsupportedError } from '../../../core/index.ts';
import { execInGuest } from '../agent/exec.ts';
import type { GuestAgent } from '../agent/guest-agent.ts';
import { createMac } from '../keys.ts';
import type { PowerSession } from '../machine/power-session.ts';
import { planRenewal, type RenewalStep } from './plan-renewal.ts';

/** What a guest has that is its own, where that of its parent was renewed. */
export interface Renewed {
  /** What it has now, by what it is; what it had none of is left out. */
  readonly renewed: Readonly<Record<string, string>>;
  /** What its network card is to have from its next power-on. */
  readonly mac: string;
}

const OPERATION = { operation: 'fork' } as const;

/**
 * Renews in a guest what it has from the machine that it was forked from. Where it gets another address, its forwarded ports follow.
 *
 * @param mac What its network card has now.
 * @throws StateError when it has no agent, DeviceError that names what could not be renewed, and why.
 */
export async function renewIdentity(
  session: PowerSession,
  mac: string,
  signal: AbortSignal,
): Promise<Renewed> {
  const newMac = createMac();
  const steps = planRenewal({ machineId: randomUUID().replaceAll('-', ''), mac, newMac });
  const either = AbortSignal.any([signal, session.broken]);
  const renewed: Record<string, string> = {};
  for (const step of steps) {
    const now = await take(step, session.agent, either);
    if (now !== '') renewed[step.what] = now;
  }
  const address = renewed['DHCP lease'];
  if (address !== undefined) await session.redirect(address, either);
  return { renewed, mac: newMac };
}

async function take({ what, command }: RenewalStep, agent: GuestAgent, signal: AbortSignal): Promise<string> {
  const said = { stdout: '', stderr: '' };
  try {
    for await (const item of execInGuest(agent, { command: [...command] }, signal)) {
      if ('stdout' in item) said.stdout += decode(item.stdout);
      else if ('stderr' in item) said.stderr += decode(item.stderr);
      else if (item.exitCode !== 0) throw notRenewed(what, said.stderr);
    }
  } catch (error) {
    if (error instanceof UnsupportedError && error.capability === 'agent') throw noAgent(error);
    throw error;
  }
  return said.stdout.trim();
}

const decode = (text: string) => Buffer.from(text, 'base64').toString();

function notRenewed(what: string, said: string): DeviceError {
  const message = `fork: renew: the ${what} could not be renewed: ${said.trim() || 'the guest does not say why'}`;
  return new DeviceError(message, { event: 'NOT_RENEWED', tail: said }, OPERATION);
}

function noAgent(cause: UnsupportedError): StateError {
  const message =
    'fork: renew: what the guest has from its parent can only be renewed by its agent, and no agent was at work when it was saved: have qemu-guest-agent in the image, and save when `agent.ready()` has resolved';
  return new StateError(
    message,
    { state: 'without an agent', needed: 'qemu-guest-agent' },
    { ...OPERATION, cause },
  );
}
