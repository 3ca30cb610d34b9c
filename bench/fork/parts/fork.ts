import { atLeast, atMost, type Figure, figuresOf, repeat } from '../figure.ts';
import type { Guest } from '../guest.ts';
import { unshared } from '../memory.ts';
import type { Options } from '../options.ts';
import { beginningOf } from '../timeline.ts';

const STEPS = ['files', 'spawn', 'qmp', 'incoming', 'cont', 'renew'] as const;

/** One fork at a time, from the call to a command of its own. */
export async function fork(guest: Guest, { count }: Options): Promise<Figure[]> {
  const samples = await repeat(`${guest.name} fork`, count, () => forkOnce(guest, 'ready'));
  const goals = guest.name === '1GiB';
  const figures = figuresOf(samples, {
    running: { what: 'fork: call to CPUs running', unit: 'ms', ...(goals && { goal: atMost(90, '90 ms') }) },
    returned: { what: 'fork: call to machine in hand', unit: 'ms' },
    answered: {
      what: 'fork: call to output of `uname -r` on the console',
      unit: 'ms',
      ...(goals && { goal: atMost(300, '300 ms') }),
    },
    ...Object.fromEntries(STEPS.map((step) => [step, { what: `of which ${step}`, unit: 'ms' as const }])),
    before: {
      what: 'unshared memory after the fork',
      unit: 'MiB',
      ...(goals && { goal: atMost(50, '50 MiB') }),
    },
    after: { what: 'unshared memory after `uname -r`', unit: 'MiB' },
  });
  const answered = samples.map(({ answered: time = Number.NaN }) => (guest.cold * 1_000) / time);
  return [
    { what: 'cold boot: `power.on` to output of `uname -r`', unit: 's', values: [guest.cold] },
    ...figures,
    {
      what: 'fork: times faster than the cold boot',
      unit: 'times',
      values: answered,
      ...(goals && { goal: atLeast(300, '300 times') }),
    },
  ];
}

/** Forks from a snapshot, has it run a command, and ends it. Times are in milliseconds. */
export async function forkOnce({ vm }: Pick<Guest, 'vm'>, from: string): Promise<Record<string, number>> {
  const [start, clock] = [performance.now(), Date.now()];
  await using forked = await vm.fork({ from });
  const returned = performance.now() - start;
  const { artifacts, fork: about } = await forked.describe();
  if (artifacts === null) throw new Error('the fork has no folder for what it leaves');
  const { pid, running } = beginningOf(artifacts);
  const before = unshared(pid);
  // What we look at meanwhile is not the fork's time.
  const looked = performance.now() - start - returned;
  await using tty = await forked.console.open();
  await tty.run('uname -r', { timeout: '5m' });
  const answered = performance.now() - start - looked;
  return { running: running - clock, returned, answered, ...about?.steps, before, after: unshared(pid) };
}
