import { type BootedMachine, bootRemembering, type Connected, sessionOf } from '../../client/index.ts';
import { console } from '../../client/wait/index.ts';
import { qemu } from '../../drivers/qemu/index.ts';
import { serve } from '../../serve.ts';
import { awaitStored } from '../await-stored.ts';
import { openLog } from '../run/text-log.ts';
import type { Steps } from '../steps.ts';
import { findNamedImage } from './find-image.ts';
import type { UpPlan } from './plan-up.ts';

/** A machine that is on, and its page. Disposing of it ends both. */
export interface RunningMachine extends AsyncDisposable {
  readonly vm: Connected<ReturnType<typeof qemu>>;
  /** The private socket at which other processes of this user reach it. */
  readonly host: string;
  readonly page: string;
  /** How it was started, and what comes of its boot. */
  readonly boot: BootedMachine;
}

/** Finds the image and starts a machine with it. It is being booted, or has been; its page shows that. */
export async function bringUp(plan: UpPlan, steps: Steps, signal: AbortSignal): Promise<RunningMachine> {
  const image = await steps.run('image', async ({ onProgress }) => {
    const value = await findNamedImage(plan.image, { arch: plan.arch, signal, onProgress });
    return { outcome: value, value };
  });
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(
    await steps.run('machine', async () => {
      const { machine, out } = plan;
      const driver: ReturnType<typeof qemu> = qemu(machine);
      const value = await serve(driver, { artifacts: out, log: openLog('warn', 'text'), signal });
      const { arch, cpus, memory, accelerator } = await value.describe();
      const size = `${cpus} CPUs, ${memory / 2 ** 20} MiB`;
      return { outcome: `${arch}, ${size}, ${accelerator.name}: ${accelerator.reason}`, value };
    }),
  );
  await steps.run('flash', async ({ onProgress }) => {
    await vm.flasher.flash(image, { onProgress, signal });
    return { outcome: 'whole and checked', value: undefined };
  });
  const boot = await steps.run('power on', async () => {
    const value = await bootRemembering(vm, { signal });
    return { outcome: `${value.kind}: ${value.reason}`, value };
  });
  const page = stack.use(await vm.display.open({ title: `jumplead up ${plan.image}`, signal }));
  const held = stack.move();
  const host = sessionOf(vm).target;
  return { vm, host, page: page.url, boot, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Waits until the machine has booted, and until that is stored where it is: to use it before would keep it from being so. @throws as `vm.waitFor` */
export async function untilReady(
  { vm, boot }: RunningMachine,
  { ready, machine }: UpPlan,
  steps: Steps,
  signal: AbortSignal,
): Promise<void> {
  await steps.run('ready', async () => {
    const { text } = await vm.waitFor(console(ready), { signal });
    return { outcome: `the console shows ${JSON.stringify(text.trim())}`, value: undefined };
  });
  if (boot.kind === 'cold' && machine.boot) await awaitStored(steps, boot, 'machine', signal);
}
