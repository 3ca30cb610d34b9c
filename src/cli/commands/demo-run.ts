import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bootRemembering, type DisplayHandle } from '../../client/index.ts';
import { qemu } from '../../drivers/qemu/index.ts';
import { serve } from '../../index.ts';
import { awaitStored } from '../await-stored.ts';
import { watchBoot } from '../demo/boot.ts';
import { describeBootTimes, readBootTimes, writeBootTimes } from '../demo/boot-times.ts';
import { openDemoFolder } from '../demo/folder.ts';
import { findDemoImage } from '../demo/image.ts';
import { checkPage } from '../demo/page.ts';
import { checkPicture } from '../demo/picture.ts';
import { type DemoOptions, type DemoPlan, planDemo } from '../demo/plan.ts';
import { showSelinux } from '../demo/selinux.ts';
import { writeTimeline } from '../demo/timeline.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { openLog } from '../run/text-log.ts';
import { createSteps, type Steps } from '../steps.ts';

/** Runs the demo and leaves its folder, also when it fails. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const plan = planDemo(options);
  using interrupts = listenForInterrupts();
  const steps = createSteps();
  const out = resolve(plan.out);
  await openDemoFolder(out);
  try {
    await showMachine(plan, out, steps, interrupts.signal);
  } finally {
    await writeTimeline(out, steps.records);
    process.stdout.write(`\nin ${plan.out}: ${(await readdir(out)).toSorted().join(', ')}\n`);
  }
}

async function showMachine(plan: DemoPlan, out: string, steps: Steps, signal: AbortSignal): Promise<void> {
  const { image, instead } = await steps.run('image', async ({ onProgress }) => {
    const value = await findDemoImage(plan, { onProgress, signal });
    return { outcome: value.instead ? `${value.image}, ${value.instead}` : value.image, value };
  });
  await using vm = await steps.run('machine', async () => {
    const config = { arch: plan.arch, memory: '1GiB', cpus: 2, boot: { remember: !plan.cold } } as const;
    const value = await serve(qemu(config), { artifacts: out, log: openLog('warn', 'text'), signal });
    const { accelerator, machine, firmware } = await value.describe();
    return {
      outcome: `${plan.arch} ${machine}, ${firmware}, ${accelerator.name}: ${accelerator.reason}`,
      value,
    };
  });
  await steps.run('flash', async ({ onProgress }) => {
    await vm.flasher.flash(image, { onProgress, signal });
    return { outcome: 'whole and checked', value: undefined };
  });
  const begun = performance.now();
  const boot = await steps.run('power on', async () => {
    const value = await bootRemembering(vm, { signal });
    return { outcome: `${await vm.power.state()}: ${value.kind}, ${value.reason}`, value };
  });
  await using tty = await vm.console.open({ from: 'boot', signal });
  const atPrompt = await watchBoot(steps, tty, vm.credentials, signal);
  const times = { ...(await readBootTimes(out)), [boot.kind]: atPrompt - begun };
  const openSsh = () => vm.ssh.connect({ timeout: '5m', signal });
  await showSelinux(steps, { tty, openSsh }, { optional: instead !== null });
  await showScreen(vm.display, out, steps, plan.keep, signal);
  if (boot.kind === 'cold' && !plan.cold) await awaitStored(steps, boot, 'demo', signal);
  await steps.run('power off', async () => ({ outcome: await vm.power.off({ signal }), value: undefined }));
  await writeBootTimes(out, times);
  process.stdout.write(`\n${describeBootTimes(boot.kind, times)}\n`);
}

async function showScreen(
  display: DisplayHandle,
  out: string,
  steps: Steps,
  keep: boolean,
  signal: AbortSignal,
): Promise<void> {
  await steps.run('screenshot', async () => ({
    outcome: checkPicture(await display.screenshot(`${out}/booted.png`, { signal })),
    value: undefined,
  }));
  await using screen = await display.open({ title: 'jumplead demo' });
  await steps.run('screen in a browser', async () => {
    await checkPage(screen.createLink(), signal);
    // Not the link: it is a secret until somebody has used it, and this is written down.
    return { outcome: `the page answers, at ${new URL(screen.url).origin}`, value: undefined };
  });
  if (!keep || signal.aborted) return;
  process.stdout.write(`\nThe machine is yours: ${screen.url} - Ctrl-C ends it.\n`);
  await once(signal, 'abort');
}
