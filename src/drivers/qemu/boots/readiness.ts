import { DeviceError } from '../../../core/index.ts';
import { execInGuest } from '../agent/exec.ts';
import type { BootReady } from '../config.ts';
import type { Recorder } from '../console/recorder.ts';
import type { PowerSession } from '../machine/power-session.ts';

/** How much of the end of what was shown is searched. */
const WINDOW = 64 * 1024;

/** In words, for people. */
export function describeReadiness({ console, agent, command }: BootReady): string {
  return [
    ...(console === undefined ? [] : [`console /${console}/`]),
    ...(agent ? ['agent'] : []),
    ...(command ? [`agent: ${command.join(' ')}`] : []),
  ].join(', then ');
}

/**
 * Resolves when the machine has booted, as `ready` says.
 *
 * @throws DeviceError when the command fails, or the console ends without having shown it; the signal's reason when that aborts.
 */
export async function hasBooted(
  ready: BootReady,
  { session, recorder }: { readonly session: PowerSession; readonly recorder: Recorder },
  signal: AbortSignal,
): Promise<void> {
  if (ready.console !== undefined) await hasShown(new RegExp(ready.console), recorder, signal);
  if (ready.agent || ready.command) await session.agent.ready(signal);
  if (!ready.command) return;
  for await (const item of execInGuest(session.agent, { command: ready.command }, signal))
    if ('exitCode' in item && item.exitCode !== 0)
      throw notBooted(`${ready.command.join(' ')} exited with ${item.exitCode}`);
}

async function hasShown(pattern: RegExp, recorder: Recorder, signal: AbortSignal): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of recorder.read('boot', signal, false)) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-WINDOW);
    if (pattern.test(text)) return;
  }
  throw notBooted(`its console has ended and never shown ${pattern}`);
}

function notBooted(why: string): DeviceError {
  return new DeviceError(`the machine has not become ready: ${why}`, { event: 'NOT_READY', tail: '' });
}
