/** The interfaces of a machine, of a fork of it, and of a fork of that, on a real QEMU with the guest that fits into a boot sector. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { qemu } from '../../../src/drivers/qemu/index.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { openReachableFork } from '../../support/fork-specimen.ts';
import { openHome } from '../../support/tiny-machine.ts';
import { describeMachineSuites, serveTrial, type Trial } from './machine-suites.ts';

const stack = new AsyncDisposableStack();
let rig: ReturnType<typeof qemu>;

beforeAll(async () => {
  const { path } = stack.use(await openHome());
  const image = join(path, 'boot.img');
  await writeFile(image, Buffer.concat([bootSector(), Buffer.alloc(2 ** 20)]));
  rig = qemu({ ...BIOS, partitions: { root: image } });
});
afterAll(() => stack.disposeAsync());

// Several checks at a time: each has a machine of its own.
describe.concurrent('a machine that was switched on', () => {
  describeMachineSuites('a real machine', () => serveTrial(rig));
});

describe.concurrent('forks', () => {
  let parent: Trial;
  let fork: Trial;

  beforeAll(async () => {
    parent = stack.use(await serveTrial(rig));
    await parent.vm.power.on();
    await using tty = await parent.vm.console.open({ from: 'boot' });
    await tty.expect(/ready\r\n/);
    await parent.vm.snapshots.save('base');
    fork = stack.use(await openReachableFork(parent, 'base'));
    await fork.vm.snapshots.save('base');
    // Its guest is never idle.
    for (const { vm } of [parent, fork]) await vm.power.pause();
  });

  describeMachineSuites('a fork', () => openReachableFork(parent, 'base'));
  describeMachineSuites('a fork of a fork', () => openReachableFork(fork, 'base'));
});
