import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect } from 'vitest';
import { sessionOf } from '../../../../src/client/index.ts';
import { runTool } from '../../../../src/core/index.ts';
import { mockFlasher } from '../../../../src/drivers/mock/index.ts';
import { Flasher } from '../../../../src/interfaces/index.ts';
import { fileDigest, writeImage } from '../../images.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  readonly image: string;
  readonly digest: string;
  /** What the small images hold. */
  readonly text: string;
}

const TEXT = 'what is in the small image\n';

async function typescript({ handle, facts, folder }: TypescriptRun<typeof Flasher, Facts>) {
  const dumped = join(folder, 'dumped-by-typescript');
  await handle.flash(facts.image);
  await handle.dump(dumped);
  expect(await fileDigest(dumped)).toBe(facts.digest);
  await handle.flash(Buffer.from(facts.text), { partition: 'bytes' });
  await handle.dump(dumped, { partition: 'bytes' });
  expect(await readFile(dumped, 'utf8')).toBe(facts.text);

  const { calls } = sessionOf(handle).node('flasher', Flasher) ?? {};
  if (!calls) throw new Error('there is no flasher');
  const packed = async function* () {
    yield gzipSync(facts.text);
  };
  await calls.flash({ kind: 'stream', chunks: packed(), contentEncoding: 'gzip' }, 'packed');
  await handle.dump(dumped, { partition: 'packed' });
  expect(await readFile(dumped, 'utf8')).toBe(facts.text);

  const broken = async function* () {
    yield Buffer.from('only the beginning');
    throw new Error('the disk went away');
  };
  await expect(calls.flash({ kind: 'stream', chunks: broken() }, 'broken')).rejects.toThrow(
    'the disk went away',
  );
  await expect(handle.dump(join(folder, 'nothing'), { partition: 'nowhere' })).rejects.toMatchObject({
    code: expect.stringMatching(/not-found|device/),
  });
  await expect(handle.flash(join(folder, 'no such image'))).rejects.toMatchObject({
    code: 'not-found',
    fault: 'caller',
  });
}

/** A device with flash memory: images as they are and compressed on the way, of one size that no buffer holds. */
export const flasher = defineRow({
  name: 'flasher',
  title: 'flasher: mock',
  rig: Flasher,
  open: async ({ folder }) => {
    const [image, small] = [join(folder, 'image'), join(folder, 'small')];
    await writeImage(image, 32);
    await writeFile(small, TEXT);
    await writeFile(`${small}.gzip`, gzipSync(TEXT));
    await writeFile(`${small}.zstd`, zstdCompressSync(TEXT));
    await runTool('xz', ['-k', small]);
    await runTool('bzip2', ['-k', small]);
    return {
      python: { type: 'jumpstarter_driver_opendal.driver.MockFlasher' },
      ours: mockFlasher(),
      facts: { image, digest: await fileDigest(image), text: TEXT },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'flasher.py',
  jTs: async ({ run, facts, folder }: CommandRun<Facts>) => {
    const dumped = join(folder, 'dumped-by-j');
    expect((await run(`flasher flash ${facts.image}`)).exitCode).toBe(0);
    expect((await run(`flasher dump ${dumped}`)).exitCode).toBe(0);
    expect(await fileDigest(dumped)).toBe(facts.digest);
    expect(
      (await run(`flasher flash -t small:${join(folder, 'small.gzip')} --compression gzip`)).exitCode,
    ).toBe(0);
    expect((await run(`flasher dump ${dumped} --target small`)).exitCode).toBe(0);
    expect(await readFile(dumped, 'utf8')).toBe(TEXT);
    const nowhere = await run(`flasher dump ${dumped} --target nowhere`);
    expect(nowhere.exitCode).toBe(1);
    expect(nowhere.stderr).toContain('no image in nowhere');
  },
  jlPy: async ({ run, facts, folder }: CommandRun<Facts>) => {
    const dumped = join(folder, 'dumped-by-jl');
    expect((await run(`flasher flash ${facts.image}`)).exitCode).toBe(0);
    expect((await run(`flasher dump ${dumped}`)).exitCode).toBe(0);
    expect(await fileDigest(dumped)).toBe(facts.digest);
    expect((await run(`flasher flash -t small:${join(folder, 'small')}`)).exitCode).toBe(0);
    expect((await run(`flasher dump ${dumped} --target small`)).exitCode).toBe(0);
    expect(await readFile(dumped, 'utf8')).toBe(TEXT);
    expect((await run(`flasher dump ${dumped} --target nowhere`)).exitCode).toBe(1);
    const missing = await run(`flasher flash ${join(folder, 'no-such-image')}`);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain('no-such-image');
  },
});
