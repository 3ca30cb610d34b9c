import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ByteChannel } from '../../../src/interfaces/index.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import { hexFlood } from '../../support/hex-flood.ts';
import {
  caller,
  fakeQemu,
  openTestMachine,
  readUntil,
  realQemu,
  type TestMachine,
  type,
} from './test-machine.ts';

const READY = 'ready\r\n';
const ENOUGH = 100_000;

/** Begins a flood and reads much of it. */
async function flood(it: TestMachine): Promise<ByteChannel> {
  await it.machine.on(caller());
  const tty = it.open();
  await readUntil(tty, READY);
  await type(tty, KEYS.flood);
  let read = 0;
  for await (const chunk of tty) {
    read += chunk.length;
    if (read > ENOUGH) break;
  }
  return tty;
}

/** What the transcript has between the guest's first word and `last`, checked against what a flood prints. */
async function expectWhole(it: TestMachine, last = ''): Promise<void> {
  const transcript = await readFile(join(it.folder, 'console.log'), 'latin1');
  const printed = transcript.slice(transcript.indexOf(READY) + READY.length, transcript.length - last.length);
  expect(printed.length).toBeGreaterThan(ENOUGH);
  expect(printed === hexFlood(printed.length), 'every line is there, once, in order').toBe(true);
  expect(transcript.slice(transcript.length - last.length)).toBe(last);
  const witness = await readFile(join(it.folder, 'witness.log'), 'latin1').catch(() => transcript);
  // QEMU writes each byte to us first, and may be killed before it writes it to its own log.
  expect(transcript.startsWith(witness), 'QEMU says the same').toBe(true);
  expect(transcript.length - witness.length).toBeLessThanOrEqual(1);
}

async function readToEnd(tty: ByteChannel): Promise<unknown> {
  try {
    for await (const _ of tty);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.for([fakeQemu(), realQemu])('the transcript of a flood of $name', (program) => {
  test('is whole when the guest panics in the midst of it', async () => {
    await using it = await openTestMachine(program);
    await using tty = await flood(it);
    await type(tty, KEYS.panic);
    expect(await readToEnd(tty)).toMatchObject({ code: 'device', event: 'GUEST_PANICKED' });
    await expectWhole(it, 'panic\r\n');
  });

  test('is whole when the guest switches itself off', async () => {
    await using it = await openTestMachine(program);
    await using tty = await flood(it);
    await type(tty, KEYS.off);
    expect(await readToEnd(tty)).toBeUndefined();
    await expectWhole(it);
  });

  test('is whole when the guest resets', async () => {
    await using it = await openTestMachine(program);
    await using tty = await flood(it);
    await type(tty, KEYS.reset);
    await readUntil(tty, READY);
    await it.machine.off(undefined, caller());
    const transcript = await readFile(join(it.folder, 'console.log'), 'latin1');
    const printed = transcript.slice(transcript.indexOf(READY) + READY.length);
    const { length } = /^(?:[0-9A-F]{8}\r\n)*/.exec(printed)?.[0] ?? '';
    expect(length).toBeGreaterThan(ENOUGH);
    expect(printed.startsWith(hexFlood(length))).toBe(true);
    expect(printed.endsWith(READY)).toBe(true);
  });

  test('is whole when QEMU is killed', async () => {
    await using it = await openTestMachine(program);
    await using tty = await flood(it);
    process.kill(it.machine.session('test').pid, 'SIGKILL');
    expect(await readToEnd(tty)).toMatchObject({ code: 'device', event: 'EXIT' });
    await expectWhole(it);
  });

  test('is whole when it is switched off by force, and so is that of the next power-on', async () => {
    await using it = await openTestMachine(program);
    await using _first = await flood(it);
    await it.machine.off(undefined, caller());
    await expectWhole(it);
    const { length } = await readFile(join(it.folder, 'console.log'), 'latin1');
    await using second = await flood(it);
    expect(it.console.status()).toMatchObject({ boot: length, oldest: 0 });
    await it.machine.off(undefined, caller());
    expect(await readToEnd(second)).toBeUndefined();
    const transcript = await readFile(join(it.folder, 'console.log'), 'latin1');
    const printed = transcript.slice(transcript.indexOf(READY, length) + READY.length);
    expect(printed === hexFlood(printed.length)).toBe(true);
  });
});
