import type { Spool } from '../console/spool.ts';
import { launchQemu, type QemuInstance } from './instance.ts';
import type { PowerPlan, SessionParts } from './power-plan.ts';
import type { QmpEvent } from './qmp-message.ts';
import { Sequence } from './sequence.ts';
import { SessionFaults } from './session-faults.ts';

/** A QEMU whose console is recorded, and who has not been listened to yet. */
export interface Begun {
  readonly instance: QemuInstance;
  readonly spool: Spool;
  /** Events are told one after the other; a panic waits until its last words are recorded. */
  readonly told: Sequence;
  readonly faults: SessionFaults;
  /** Gives `to` all that QEMU has told so far, and will tell. To be called once. */
  listen(to: (event: QmpEvent) => void): void;
}

/** Starts QEMU and connects console and control. When that fails, or `signal` aborts, nothing is left. */
export async function beginSession(
  plan: PowerPlan,
  parts: SessionParts,
  signal: AbortSignal,
): Promise<Begun> {
  const { recorder, trail, log, patience, onStep } = parts;
  await trail.command(plan.command);
  const early: QmpEvent[] = [];
  let listener = (event: QmpEvent): void => void early.push(event);
  const told = new Sequence((reason) =>
    log.debug({ reason: String(reason) }, 'an event was not followed up'),
  );
  const faults = new SessionFaults({ ...parts, told, command: trail.reproduce(plan.command) });
  const spool = await recorder.begin((chunk) => faults.hear(chunk));
  onStep?.('files');
  const instance = await launchQemu(plan, {
    signal,
    ...(patience !== undefined && { patience }),
    onLine: (direction, line) => trail.qmp(direction, line),
    onEvent: (event) => listener(event),
    ...(onStep && { onStep }),
    console: spool.path,
    onInput: parts.onConsole,
    onFirmware: (chunk) => faults.hearFirmware(chunk),
  }).catch(async (error) => {
    spool.end();
    await recorder.drained();
    faults[Symbol.dispose]();
    recorder.finish(error);
    parts.onConsole(undefined);
    throw error;
  });
  faults.stderr = instance.stderr;
  const listen = (to: (event: QmpEvent) => void) => {
    listener = to;
    early.forEach(to);
  };
  return { instance, spool, told, faults, listen };
}
