import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { httpServer } from '../../../../src/drivers/files/index.ts';
import { HttpServer, Storage } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const rig = defineRig(HttpServer, { storage: Storage });
const fetched = async (url: string) => (await fetch(url)).text();

async function typescript({ handle, raw, transport }: TypescriptRun<typeof rig, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_http.client.HttpServerClient');
  await handle.start();
  const port = await handle.port();
  expect(await handle.host()).toBe('127.0.0.1');
  expect(await handle.url()).toBe(`http://127.0.0.1:${port}`);
  const name = `by-typescript-${transport.name}`;
  const url = await handle.putFile(name, Buffer.from('an image'));
  expect(await fetched(url)).toBe('an image');
  expect(await Array.fromAsync(handle.storage.list('/'))).toContain(name);
  await handle.storage.delete(name);
  expect((await fetch(url)).status).toBe(404);
  await handle.stop();
  expect(await handle.port()).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
}

/** Files for devices, by HTTP. */
export const httpServerRow = defineRow({
  name: 'web',
  title: 'http server',
  rig,
  open: ({ folder }) => ({
    python: {
      type: 'jumpstarter_driver_http.driver.HttpServer',
      config: { root_dir: join(folder, 'theirs'), host: '127.0.0.1', port: 0 },
    },
    ours: httpServer({ root: join(folder, 'own') }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'http_server.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('web --help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain('storage');
  },
  jlPy: async ({ run, folder }: CommandRun<unknown>) => {
    const file = join(folder, 'file-of-jl');
    await writeFile(file, 'by jl');
    expect((await run('web start')).exitCode).toBe(0);
    const { stdout } = await run(`web put-file jl ${file}`);
    expect(await fetched(stdout.trim())).toBe('by jl');
    expect((await run('web storage read-bytes jl')).stdout).toBe('by jl');
    expect((await run('web stop')).exitCode).toBe(0);
    await expect(fetch(stdout.trim())).rejects.toThrow();
  },
});
