/**
 * Holds a machine with a real QEMU while others are killed beside it. It says how the paths of its own files begin; then it answers
 * each line with `well`, or with what is wrong.
 */

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { type QemuConfigInput, qemu } from '../../src/drivers/qemu/index.ts';
import { serve, sessionOf } from '../../src/index.ts';

const { config, image }: { config: QemuConfigInput; image: string } = JSON.parse(process.argv[2] ?? '{}');
await using vm = await serve(qemu(config), { log: pino({ level: 'silent' }) });
await vm.flasher.flash(image);
await vm.power.on();
await using tty = await vm.console.open({ from: 'boot' });
await tty.expect(/ready/);
const { command } = await vm.describe();
const line = command.join(' ');
const [, run = ''] = /"filename":"([^"]*)\/root\.qcow2"/.exec(line) ?? [];
const screen = (command[command.indexOf('-vnc') + 1] ?? '').replace('unix:', '');
const own = [run, dirname(screen), dirname(sessionOf(vm).target.replace('unix:', ''))];
process.stdout.write(`${JSON.stringify(own)}\n`);

let asked = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await look()}\n`);
}

/** The machine answers on its console, and all its files are there. */
async function look(): Promise<string> {
  try {
    for (const path of [...own, screen]) await stat(path);
    const text = `still-${++asked}`;
    await tty.write(text);
    await tty.expect(text, { timeout: '1h' });
    const state = await vm.power.state();
    return state === 'running' ? 'well' : `the machine is ${state}`;
  } catch (error) {
    return String(error).split('\n')[0] ?? '';
  }
}
