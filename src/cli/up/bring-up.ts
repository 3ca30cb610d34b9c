import type { Steps } from '../steps.ts';
import { findNamedImage } from './find-image.ts';
import { type OpenMachine, openMachine } from './open-machine.ts';
import type { UpPlan } from './plan-up.ts';

/** Generous: a slow host under software emulation needs two minutes for the whole boot. */
const BOOT_TIMEOUT = '15m';

/** A machine that is on, and its page. */
export interface RunningMachine extends OpenMachine {
  readonly page: string;
}

/** Finds the image and starts a machine with it. It is being booted, or has been; its page shows that. */
export async function bringUp(plan: UpPlan, steps: Steps, signal: AbortSignal): Promise<RunningMachine> {
  const image = await steps.run('image', async ({ onProgress }) => {
    const { image, outcome } = await findNamedImage(plan.image, { arch: plan.arch, signal, onProgress });
    return { outcome, value: image };
  });
  await using stack = new AsyncDisposableStack();
  const machine = stack.use(
    await steps.run('machine', async () => {
      const value = await openMachine(plan, signal);
      const { arch, cpus, memory, accelerator } = await value.vm.describe();
      const size = `${cpus} CPUs, ${memory / 2 ** 20} MiB`;
      return { outcome: `${arch}, ${size}, ${accelerator.name}: ${accelerator.reason}`, value };
    }),
  );
  const { vm, host } = machine;
  await steps.run('flash', async ({ onProgress }) => {
    await vm.flasher.flash(image, { onProgress, signal });
    return { outcome: 'whole and checked', value: undefined };
  });
  await steps.run('power on', async () => {
    await vm.power.on({ signal });
    const { boot } = await vm.describe();
    return { outcome: boot ? `${boot.kind}: ${boot.reason}` : 'cold', value: undefined };
  });
  const page = stack.use(await vm.display.open({ title: `jumplead up ${plan.image}`, signal }));
  const held = stack.move();
  return { vm, host, page: page.url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Waits until the machine has booted. @throws DeviceError when it fails; DeadlineError with the last lines of its console */
export async function untilReady(
  { vm }: OpenMachine,
  { ready }: UpPlan,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  await steps.run('ready', async () => {
    await using tty = await vm.console.open({ from: 'boot', signal });
    const { text } = await tty.expect(ready, { timeout: BOOT_TIMEOUT, signal });
    return { outcome: `the console shows ${JSON.stringify(text.trim())}`, value: undefined };
  });
}
