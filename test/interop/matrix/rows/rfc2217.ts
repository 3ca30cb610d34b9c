import { expect } from 'vitest';
import { serialPort } from '../../../../src/drivers/serial/index.ts';
import { Serial } from '../../../../src/interfaces/index.ts';
import { openRfc2217Server, type Rfc2217Server } from '../../../fixtures/rfc2217-server.ts';
import { type CommandRun, dash, defineRow, type TypescriptRun } from '../row.ts';

const PYTHON_CANNOT =
  'Python\'s driver cannot stream from `rfc2217://`: pyserial-asyncio 0.6 sets a `write_timeout`, and pyserial 3.5 answers "write_timeout is currently not supported" (`serial/rfc2217.py`). `test/interop/rfc2217.interop.test.ts` shows it.';

let server: Rfc2217Server | undefined;

/** A port of a terminal server. */
export const rfc2217 = defineRow({
  name: 'rfc2217',
  title: 'pyserial: `rfc2217://`',
  rig: Serial,
  open: async ({ stack }) => {
    server = stack.use(await openRfc2217Server());
    return { ours: serialPort({ url: `rfc2217://127.0.0.1:${server.port}` }), facts: {} };
  },
  tsTs: async ({ handle }: TypescriptRun<typeof Serial, unknown>) => {
    await using tty = await handle.open();
    await tty.write('login: ');
    await tty.expect('login: ');
    await handle.setDtr(false);
    await handle.setRts(false);
    expect(server?.lines).toEqual({ dtr: false, rts: false });
    await handle.setDtr(true);
    expect(server?.lines).toEqual({ dtr: true, rts: false });
  },
  tsPy: dash(PYTHON_CANNOT),
  pyTs: 'rfc2217.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const sent = await run('rfc2217 pipe --no-output', { input: 'to the port' });
    expect(sent.exitCode).toBe(0);
  },
  jlPy: dash(PYTHON_CANNOT),
});
