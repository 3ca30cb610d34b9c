import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { qemu as qemuDriver } from '../../../../src/drivers/qemu/index.ts';
import { connectSocket } from '../../../../src/drivers/std/index.ts';
import { Console, ImageFlasher, Machine, Network, VirtualPower } from '../../../../src/interfaces/index.ts';
import { bootSector } from '../../../fixtures/boot-sector.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  /** A guest that says `ready` and echoes. */
  readonly image: string;
}

const rig = defineRig(Machine, {
  power: VirtualPower,
  flasher: ImageFlasher,
  console: Console,
  vnc: Network,
});

async function typescript({ handle, facts, peer, raw }: TypescriptRun<typeof rig, Facts>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_qemu.client.QemuClient');
  expect(handle.hostname).toBe('demo');
  expect(handle.credentials).toEqual({ username: 'jumpstarter', password: 'password' });
  await handle.flasher.flash(facts.image);
  await expect(handle.flasher.flash(facts.image, { partition: 'nowhere' })).rejects.toMatchObject({
    code: 'config',
    fault: 'caller',
  });
  await expect(raw.call('set_memory_size', ['plenty'])).rejects.toMatchObject({ code: 'config' });
  await handle.power.on();
  await using tty = await handle.console.open();
  expect((await tty.expect('ready')).text).toBe('ready');
  // Jumpstarter starts QEMU without graphics: then its BIOS reads the serial port too, and may take what is typed.
  if (peer === 'typescript') {
    await tty.write('hello');
    expect((await tty.expect('hello')).text).toBe('hello');
  }
  await using screen = await handle.display.connect();
  for await (const greeting of screen) {
    expect(Buffer.from(greeting).toString()).toMatch(/^RFB 003\.\d{3}\n/);
    break;
  }
  const reset = handle.power.reset();
  if (peer === 'typescript') await reset;
  else await expect(reset).rejects.toMatchObject({ code: 'unsupported' });
  await handle.power.off({ mode: 'forced' });
}

async function command(
  { run, facts }: CommandRun<Facts>,
  whileOn: () => Promise<void> = async () => undefined,
) {
  expect((await run('qemu resize memory 96M')).exitCode).toBe(0);
  expect((await run(`qemu flasher flash ${facts.image}.gz`)).exitCode).toBe(0);
  expect((await run('qemu power on')).exitCode).toBe(0);
  await run('qemu vnc forward-tcp 0', {
    whenPrinted: async (address) => {
      const port = Number(address.split(':').at(-1));
      const { signal } = new AbortController();
      await using screen = await connectSocket({ host: 'localhost', port }, address, signal);
      for await (const greeting of screen) {
        expect(Buffer.from(greeting).toString()).toMatch(/^RFB 003\.\d{3}\n/);
        break;
      }
    },
  });
  await whileOn();
  expect((await run('qemu power off')).exitCode).toBe(0);
}

/** Our console is recorded; of Python's, what nobody reads is lost. */
async function readConsole({ run }: CommandRun<Facts>) {
  const { stdout } = await run('qemu console pipe --no-input', {
    whenPrinted: async (line) => line.includes('ready'),
  });
  expect(stdout).toContain('ready');
}

/** A virtual machine with a guest of 512 bytes; Debian is in the acceptance lane. */
export const qemu = defineRow({
  name: 'qemu',
  title: 'qemu',
  rig,
  open: async ({ folder }) => {
    const image = join(folder, 'image');
    const disk = Buffer.concat([bootSector(), Buffer.alloc(2 ** 20 - 512)]);
    await writeFile(image, disk);
    await writeFile(`${image}.gz`, gzipSync(disk));
    return {
      python: {
        type: 'jumpstarter_driver_qemu.driver.Qemu',
        config: { arch: 'x86_64', mem: '64M', smp: 1 },
      },
      ours: qemuDriver({
        ...{ arch: 'x86_64', memory: '64M', cpus: 1, firmware: 'bios', display: 'virtio-gpu' },
        ...{ hostname: 'demo', username: 'jumpstarter', password: 'password' },
      }),
      facts: { image },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'qemu.py',
  jTs: (run: CommandRun<Facts>) => command(run, () => readConsole(run)),
  jlPy: (run: CommandRun<Facts>) => command(run),
});
