import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { runTool } from '../../../../src/core/index.ts';
import { tftpServer } from '../../../../src/drivers/files/index.ts';
import { Storage, TftpServer } from '../../../../src/interfaces/index.ts';
import { createImage } from '../../../conformance/bytes.ts';
import { closedPort } from '../../closed-port.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig(TftpServer, { storage: Storage });
const IMAGE = createImage(100_000, 11);

/** What curl gets from a server; Python's says that it has started before it can be reached. */
async function fetched(port: number, name: string): Promise<string> {
  const place = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  while (!(await readFile('/proc/net/udp', 'utf8')).includes(place))
    await new Promise((resolve) => setImmediate(resolve));
  const { stdout } = await runTool('curl', ['--silent', '--show-error', `tftp://127.0.0.1:${port}/${name}`]);
  return stdout;
}

async function typescript({ handle, raw, folder, transport, peer }: TypescriptRun<typeof rig, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_tftp.client.TftpServerClient');
  await handle.start();
  expect(await handle.host()).toBe('127.0.0.1');
  const port = await handle.port();
  expect(port).toBeGreaterThan(0);
  await handle.storage.write('text', 'a boot loader');
  expect(await fetched(port, 'text')).toBe('a boot loader');
  const got = join(folder, `got-${transport.name}-${peer}`);
  await handle.storage.upload('image', IMAGE);
  await runTool('curl', ['--silent', '--show-error', '--output', got, `tftp://127.0.0.1:${port}/image`]);
  expect((await readFile(got)).equals(IMAGE)).toBe(true);
  await handle.storage.removeAll('image');
  await handle.stop();
}

/** Files for devices, by TFTP. */
export const tftpServerRow = defineRow({
  name: 'tftp',
  title: 'tftp server',
  rig,
  open: async ({ folder }) => ({
    python: {
      type: 'jumpstarter_driver_tftp.driver.Tftp',
      config: { root_dir: join(folder, 'theirs'), host: '127.0.0.1', port: await closedPort() },
    },
    ours: tftpServer({ root: join(folder, 'own'), port: 0 }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'tftp_server.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('tftp --help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain('storage');
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    expect((await run('tftp start')).exitCode).toBe(0);
    expect((await run('tftp storage write-bytes jl', { input: 'by jl' })).exitCode).toBe(0);
    const { stdout } = await run('tftp address');
    expect(await fetched(Number(stdout.trim().split(':').at(-1)), 'jl')).toBe('by jl');
    expect((await run('tftp stop')).exitCode).toBe(0);
  },
});
