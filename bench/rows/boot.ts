import { buildImage } from '../../src/images/index.ts';
import { runByHand } from '../by-hand.ts';
import { atMostTimes, type Goal } from '../goals.ts';
import { commandOf, openMachine } from '../machines.ts';
import { cpuSeconds } from '../proc.ts';
import type { Bench } from '../row.ts';

const LOGIN = 'login: ';

/** Boots under emulation differ by this much from one to the next, with nobody in the way. */
const SPREAD = 1.15;

const asByHand: Goal = {
  text: 'the same, within the spread of boots (15 %)',
  isReached: (ours, other) => other !== undefined && ours <= other * SPREAD,
};

/** How long a real system takes to its login prompt, and what we take of the CPU meanwhile. */
export const boot: Bench = {
  name: 'boot',
  how: '`power.on` of the Debian image to its login prompt, from a fresh disk; by hand: the same command line, run by itself',
  rows: [
    {
      what: '`power.on` to login prompt',
      unit: 's',
      ours: { side: 'ours', key: 'login' },
      other: { side: 'hand', key: 'login', name: 'QEMU by hand' },
      goal: asByHand,
    },
    {
      what: 'our CPU time during that boot',
      unit: 's',
      ours: { side: 'ours', key: 'cpu' },
      other: { side: 'ours', key: 'qemu', name: "QEMU's" },
      goal: atMostTimes(0.02, "at most 2 % of QEMU's"),
    },
  ],
  rounds: ({ boots }) => boots,
  open: async (context, stack) => {
    const image = await buildImage({ name: 'debian-12', arch: 'x86_64' });
    const machine = stack.use(await openMachine(context.ours));
    /** Makes the disk as it was before the first boot. */
    const renew = () => machine.ask({ do: 'flash', path: image });
    return {
      ours: async () => {
        await renew();
        const { seconds, cpu, pid } = await machine.ask({ do: 'boot', until: LOGIN });
        const qemu = cpuSeconds(Number(pid));
        await machine.ask({ do: 'off' });
        return { login: Number(seconds), cpu: Number(cpu), qemu };
      },
      hand: async () => {
        await renew();
        // Its files are made at power-on; in the moment until it is off again nothing has been booted.
        await machine.ask({ do: 'on' });
        await machine.ask({ do: 'off' });
        const { command, memory } = await commandOf(machine);
        const start = performance.now();
        await using started = await runByHand(command, { memory });
        await started.printed(LOGIN);
        return { login: (performance.now() - start) / 1_000, qemu: cpuSeconds(started.pid) };
      },
    };
  },
};
