import { runByHand } from '../../by-hand.ts';
import type { Extent } from '../extent.ts';
import { type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { RELEASE } from '../use-machine.ts';

const TAG = 'bench';
const ROUNDS = 5;

/**
 * QEMU's own snapshots of the same guest, without us: `savevm` into its disk, and then processes with `-loadvm`, one after the
 * other as they must be. It ends the guest.
 */
export async function loadvm({ name, vm, monitors, tty }: Guest, { count }: Extent): Promise<Figure[]> {
  const monitor = await monitors.first;
  await tty.run('true');
  // As our saves leave it: `savevm` would leave the memory out.
  const capabilities = [{ capability: 'x-ignore-shared', state: false }];
  await monitor.execute('migrate-set-capabilities', { capabilities });
  const start = performance.now();
  const said = await monitor.human(`savevm ${TAG}`, { timeout: '5m' });
  if (said.trim() !== '') throw new Error(`savevm: ${said}`);
  const saved = performance.now() - start;
  await vm.power.off({ mode: 'forced' });
  const { command, memory } = await vm.describe();
  const loads = await repeat(`${name} -loadvm`, Math.min(count, ROUNDS), async () => {
    const began = performance.now();
    await using qemu = await runByHand([...command, '-loadvm', TAG], { memory });
    const running = qemu.time;
    qemu.type('uname -r\n');
    await qemu.printed(RELEASE);
    return { running, answered: performance.now() - began };
  });
  return [
    { what: "QEMU's own `savevm`: the guest stands still", unit: 'ms', values: [saved] },
    ...figuresOf(loads, {
      running: { what: "QEMU's own `-loadvm`: start to CPUs running", unit: 'ms' },
      answered: { what: "QEMU's own `-loadvm`: start to output of `uname -r` on the console", unit: 'ms' },
    }),
  ];
}
