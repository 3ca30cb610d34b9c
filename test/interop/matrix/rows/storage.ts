import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { opendal } from '../../../../src/drivers/std/index.ts';
import { Storage } from '../../../../src/interfaces/index.ts';
import { createImage, sha256 } from '../../../conformance/bytes.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const IMAGE = createImage(300_000, 9);

async function typescript({ handle, folder, peer, transport }: TypescriptRun<typeof Storage, unknown>) {
  const dir = `typescript-${transport.name}`;
  const [local, read] = [join(folder, 'image'), join(folder, 'read-by-typescript')];
  await writeFile(local, IMAGE);
  await handle.upload(`${dir}/image`, local);
  await handle.download(`${dir}/image`, read);
  expect((await readFile(read)).equals(IMAGE)).toBe(true);
  await handle.write(`${dir}/text`, 'grüße');
  expect(`${await handle.read(`${dir}/text`)}`).toBe('grüße');
  expect(await handle.stat(`${dir}/image`)).toMatchObject({
    size: IMAGE.length,
    isFile: true,
    isFolder: false,
  });
  expect(await handle.hash(`${dir}/image`)).toBe(sha256(IMAGE));
  expect(await handle.hash(`${dir}/image`, 'md5')).toMatch(/^[0-9a-f]{32}$/);
  await handle.copy(`${dir}/text`, `${dir}/copy`);
  await handle.rename(`${dir}/copy`, `${dir}/moved`);
  expect([await handle.exists(`${dir}/copy`), await handle.exists(`${dir}/moved`)]).toEqual([false, true]);
  await handle.createDir(`${dir}/sub/`);
  const named = (names: string[]) => names.map((name) => dir + name).toSorted();
  expect((await Array.fromAsync(handle.list(`${dir}/`))).toSorted()).toEqual(
    named(['/', '/image', '/moved', '/sub/', '/text']),
  );
  expect(await Array.fromAsync(handle.scan(`${dir}/`))).toContain(`${dir}/moved`);
  {
    await using file = await handle.open(`${dir}/image`, 'rb');
    expect(await file.seek(-3, 'end')).toBe(IMAGE.length - 3);
    expect(await file.read()).toEqual(IMAGE.subarray(-3));
    expect(await file.seek(5)).toBe(5);
    expect(await file.tell()).toBe(5);
    expect([
      await file.readable(),
      await file.seekable(),
      await file.writable(),
      await file.closed(),
    ]).toEqual([true, true, false, false]);
    await file.close();
    expect(await file.closed()).toBe(true);
  }
  expect(await handle.createdResources()).toContain(`${dir}/moved`);
  expect(await handle.capability()).toMatchObject({ read: true, copy: true, presign: false });
  await expect(handle.presignRead(`${dir}/image`, 60)).rejects.toMatchObject({
    code: peer === 'python' ? 'device' : 'unsupported',
  });
  await expect(handle.read(`${dir}/none`)).rejects.toMatchObject({
    code: peer === 'python' ? 'device' : 'not-found',
  });
  // Python follows it.
  if (peer === 'typescript') await expect(handle.read('../image')).rejects.toMatchObject({ code: 'config' });
  await handle.delete(`${dir}/moved`);
  await handle.delete(`${dir}/moved`);
  await handle.removeAll(`${dir}/`);
  expect(await handle.exists(`${dir}/image`)).toBe(false);
}

/** Files and folders of a storage. */
export const storage = defineRow({
  name: 'storage',
  title: 'opendal: a folder',
  rig: Storage,
  open: async ({ folder }) => {
    const [theirs, own] = [join(folder, 'theirs'), join(folder, 'own')];
    await mkdir(theirs);
    await mkdir(own);
    return {
      python: {
        type: 'jumpstarter_driver_opendal.driver.Opendal',
        config: { scheme: 'fs', kwargs: { root: theirs } },
      },
      ours: opendal({ scheme: 'fs', options: { root: own } }),
      facts: {},
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'storage.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    // Python declares its commands, but does not register them.
    const help = await run('storage --help');
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain('Opendal Storage');
  },
  jlPy: async ({ run, folder }: CommandRun<unknown>) => {
    const read = join(folder, 'read-by-jl');
    expect((await run('storage write-bytes jl/file', { input: 'from stdin' })).exitCode).toBe(0);
    expect((await run('storage read-bytes jl/file')).stdout).toBe('from stdin');
    expect((await run(`storage read-into-path jl/file ${read}`)).exitCode).toBe(0);
    expect(await readFile(read, 'utf8')).toBe('from stdin');
    expect((await run(`storage write-from-path jl/other ${read}`)).exitCode).toBe(0);
    expect(JSON.parse((await run('storage stat jl/other')).stdout)).toMatchObject({ content_length: 10 });
    expect((await run('storage hash jl/file')).stdout).toBe(`${sha256(Buffer.from('from stdin'))}\n`);
    expect((await run('storage exists jl/file')).exitCode).toBe(0);
    expect((await run('storage exists jl/none')).exitCode).toBe(1);
    expect((await run('storage list jl/')).stdout.trim().split('\n').toSorted()).toEqual([
      'jl/',
      'jl/file',
      'jl/other',
    ]);
  },
});
