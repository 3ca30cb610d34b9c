import { runByHand } from '../by-hand.ts';
import { atMostAbove } from '../goals.ts';
import { commandOf, openMachine } from '../machines.ts';
import type { Bench } from '../row.ts';
import { openPythonClient, openPythonExporter } from '../sides.ts';

/** How long switching a machine on takes, until its CPUs run. */
export const powerOn: Bench = {
  name: 'power-on',
  how: '`power.on` of a machine of 1 GiB with UEFI until it returns; by hand: the same command line until QMP has answered `cont`',
  rows: [
    {
      what: '`power.on` returns',
      unit: 'ms',
      ours: { side: 'ours', key: 'time' },
      other: { side: 'hand', key: 'time', name: 'QEMU by hand' },
      goal: atMostAbove(150, 'at most 150 ms more'),
    },
    {
      what: '`power.on` returns',
      unit: 'ms',
      ours: { side: 'ours', key: 'time' },
      other: { side: 'python', key: 'time', name: 'Python' },
    },
  ],
  open: async (context, stack) => {
    const machine = stack.use(await openMachine(context.ours));
    const exporter = stack.use(await openPythonExporter(context, { kind: 'qemu', python: { mem: '1G' } }));
    const python = stack.use(await openPythonClient(context));
    await python.ask({ do: 'connect', ...(await exporter.ask({ do: 'socket' })) });
    return {
      ours: async () => {
        const { time } = await machine.ask({ do: 'on' });
        await machine.ask({ do: 'off' });
        return { time: Number(time) };
      },
      hand: async () => {
        const { command, memory } = await commandOf(machine);
        await using started = await runByHand(command, { memory });
        return { time: started.time };
      },
      python: async () => {
        const { time } = await python.ask({ do: 'on' });
        await python.ask({ do: 'off' });
        return { time: Number(time) };
      },
    };
  },
};
