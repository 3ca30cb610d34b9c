import { expect } from 'vitest';
import { serialPort } from '../../../../src/drivers/serial/index.ts';
import { Serial } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

async function typescript({ handle, raw, peer }: TypescriptRun<typeof Serial, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_pyserial.client.PySerialClient');
  await using tty = await handle.open();
  await tty.write('login: ');
  const { text } = await tty.expect('login: ');
  expect(text).toBe('login: ');
  expect(await raw.call('close')).toBe(null);
  expect(await raw.call('set_rts', [true])).toBe(null);
  // Jumpstarter takes any value for a level.
  if (peer === 'typescript') {
    await expect(raw.call('set_rts', ['high'])).rejects.toMatchObject({ code: 'config', fault: 'caller' });
  }
}

/** A serial port that gives back what is written to it. */
export const serial = defineRow({
  name: 'serial',
  title: 'pyserial: `loop://`',
  rig: Serial,
  open: () => ({
    python: { type: 'jumpstarter_driver_pyserial.driver.PySerial', config: { url: 'loop://' } },
    ours: serialPort({ url: 'loop://' }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'serial.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const sent = await run('serial pipe --no-output', { input: 'to the port' });
    expect(sent.exitCode).toBe(0);
    expect(sent.stderr).toContain('no output (exits at EOF)');
    const wrong = await run('serial pipe --append');
    expect(wrong.exitCode).toBe(1);
    expect(wrong.stderr).toContain('--append requires --output');
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    const sent = await run('serial pipe --no-output', { input: 'to the port' });
    expect({ exitCode: sent.exitCode, stdout: sent.stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect((await run('serial close')).exitCode).toBe(0);
    expect((await run('serial pipe --append')).exitCode).toBe(2);
  },
});
