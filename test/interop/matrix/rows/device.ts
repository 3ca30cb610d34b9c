import { expect } from 'vitest';
import { serialPort } from '../../../../src/drivers/serial/index.ts';
import { Serial } from '../../../../src/interfaces/index.ts';
import { openPty, type Pty } from '../../../fixtures/pty.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

/** Gives back what it hears, and tells when that is `text`. */
function echoing(pty: Pty) {
  let text = '';
  const waiting = new Map<string, () => void>();
  pty.output.on('data', (chunk: Buffer) => {
    pty.input.write(chunk);
    text += chunk;
    for (const [wanted, tell] of waiting) if (text.includes(wanted)) tell();
  });
  pty.output.resume();
  return (wanted: string) =>
    new Promise<void>((resolve) => {
      if (text.includes(wanted)) resolve();
      else waiting.set(wanted, resolve);
    });
}

/** What the devices of the two exporters hear. */
let hears: Readonly<Record<'ours' | 'python', (text: string) => Promise<void>>>;

async function typescript({ handle }: TypescriptRun<typeof Serial, unknown>) {
  await using tty = await handle.open();
  await tty.write('U-Boot> ');
  const { text } = await tty.expect('U-Boot> ');
  expect(text).toBe('U-Boot> ');
}

/** A port of the exporter's host; each exporter has its own, since it is locked while it is open. */
export const device = defineRow({
  name: 'device',
  title: 'pyserial: a device',
  rig: Serial,
  open: async ({ stack }) => {
    const [ours, python] = [stack.use(await openPty()), stack.use(await openPty())];
    hears = { ours: echoing(ours), python: echoing(python) };
    return {
      python: { type: 'jumpstarter_driver_pyserial.driver.PySerial', config: { url: python.path } },
      ours: serialPort({ url: ours.path }),
      facts: {},
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'device.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const heard = hears.ours('typed into j');
    expect((await run('device pipe --no-output', { input: 'typed into j' })).exitCode).toBe(0);
    await heard;
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    const heard = hears.python('typed into jl');
    expect((await run('device pipe --no-output', { input: 'typed into jl' })).exitCode).toBe(0);
    await heard;
  },
});
