import { type FileHandle, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { launchQemu, type QemuInstance } from '../machine/instance.ts';
import { Migrations } from '../machine/migration.ts';
import { HASTE } from '../machine/patience.ts';
import type { QmpEvent } from '../machine/qmp-message.ts';
import type { MachinePlan } from '../plan/types.ts';
import { diskSize } from '../storage/disks.ts';
import { blockNodesOf, type DiskSizes, planReceiver } from './plan-receiver.ts';

/** A QEMU that takes a machine in, writes down what its devices were doing, and ends. Its memory is a file of ours. */
export interface Receiver extends AsyncDisposable {
  readonly migrations: Migrations;
}

/**
 * Starts one that runs nothing.
 *
 * @param memory Becomes the memory of the machine that it takes in.
 * @param folder For what it prints, which is nothing.
 */
export async function openReceiver(
  plan: MachinePlan,
  memory: FileHandle,
  folder: string,
  signal: AbortSignal,
): Promise<Receiver> {
  await using stack = new AsyncDisposableStack();
  const console = join(folder, 'receiver');
  stack.defer(() => rm(console, { force: true }));
  const argv = planReceiver(plan, await sizesOf(plan));
  const early: QmpEvent[] = [];
  let listener = (event: QmpEvent): void => void early.push(event);
  const launch = { command: [...plan.wrapper, plan.binary, ...argv], memory, user: plan.user };
  const instance: QemuInstance = await launchQemu(launch, {
    ...{ signal, console },
    onInput: () => undefined,
    onFirmware: () => undefined,
    onEvent: (event) => listener(event),
  });
  stack.defer(async () => void (await instance.insist(HASTE)));
  const migrations = new Migrations(instance.qmp);
  listener = (event) => migrations.hear(event);
  early.forEach(listener);
  const held = stack.move();
  return { migrations, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function sizesOf(plan: MachinePlan): Promise<DiskSizes> {
  const sizes = blockNodesOf(plan).map(async ({ 'node-name': name, driver, file: { filename } }) => {
    const size = driver === 'qcow2' ? await diskSize(filename) : (await stat(filename)).size;
    return [name, size] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}
