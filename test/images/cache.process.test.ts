import { mkdir, mkdtempDisposable, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BuildStep, cachedBuild, findImage, listImages, removeImage } from '../../src/images/cache.ts';
import { describeFile } from '../../src/images/digest.ts';
import type { Recipe } from '../../src/images/recipe.ts';

const recipe: Recipe = { name: 'box', arch: 'x86_64', format: 1 };
const tempCache = async () => await mkdtempDisposable(join(tmpdir(), 'jumplead-cache-'));

const build =
  (text: string): BuildStep =>
  async (work) => {
    const out = join(work, 'out');
    await writeFile(join(out, 'disk'), text);
    return [await describeFile(out, 'disk')];
  };
const mustNotBuild: BuildStep = async () => {
  throw new Error('built again');
};

describe('cachedBuild', () => {
  test('builds once, and finds it the next time', async () => {
    await using dir = await tempCache();
    const built = await cachedBuild(recipe, build('hello'), { cache: dir.path });
    expect(built).toMatchObject({ name: 'box', arch: 'x86_64', size: 5 });
    expect(built.files).toEqual([
      { name: 'disk', size: 5, sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824' },
    ]);
    expect(await cachedBuild(recipe, mustNotBuild, { cache: dir.path })).toEqual(built);
    expect(await findImage('box', 'x86_64', { cache: dir.path })).toEqual(built);
    expect(await findImage('box', 'aarch64', { cache: dir.path })).toBeUndefined();
  });

  test('two at once: the second waits and gets what the first one built', async () => {
    await using dir = await tempCache();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { promise: started, resolve: starts } = Promise.withResolvers<void>();
    const first = cachedBuild(
      recipe,
      async (work) => {
        starts();
        await gate;
        return await build('first')(work);
      },
      { cache: dir.path },
    );
    await started;
    const second = cachedBuild(recipe, mustNotBuild, { cache: dir.path });
    open();
    expect(await second).toEqual(await first);
  });

  test('a failed build leaves nothing, and frees the way for the next', async () => {
    await using dir = await tempCache();
    const failure = new Error('no network');
    const failing: BuildStep = async (work) => {
      await build('half')(work);
      throw failure;
    };
    await expect(cachedBuild(recipe, failing, { cache: dir.path })).rejects.toBe(failure);
    expect(await visible(dir.path)).toEqual([]);
    expect(await cachedBuild(recipe, build('whole'), { cache: dir.path })).toMatchObject({ size: 5 });
  });

  test('an abort rejects with its reason and leaves nothing, also while waiting for another build', async () => {
    await using dir = await tempCache();
    const abort = new AbortController();
    const reason = new Error('stop');
    const waiting = new AbortController();
    const first = cachedBuild(
      recipe,
      async (work) => {
        const second = cachedBuild(recipe, mustNotBuild, { cache: dir.path, signal: waiting.signal });
        waiting.abort(reason);
        await expect(second).rejects.toBe(reason);
        abort.abort(reason);
        return await build('late')(work);
      },
      { cache: dir.path, signal: abort.signal },
    );
    await expect(first).rejects.toBe(reason);
    expect(await visible(dir.path)).toEqual([]);
  });

  test('clears away what killed builds left, of any recipe, but not what others are building', async () => {
    await using dir = await tempCache();
    const root = join(dir.path, 'images', 'built');
    await mkdir(join(root, '.build-000000000000', 'out'), { recursive: true });
    const other = { ...recipe, format: 2 };
    await cachedBuild(
      other,
      async (work) => {
        await cachedBuild(recipe, build('hello'), { cache: dir.path });
        return await build('other')(work);
      },
      { cache: dir.path },
    );
    expect((await listImages({ cache: dir.path })).length).toBe(2);
    expect((await visible(dir.path)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a damaged image is not found, and is built anew', async () => {
    await using dir = await tempCache();
    const built = await cachedBuild(recipe, build('hello'), { cache: dir.path });
    await truncate(built.file, 2);
    expect(await listImages({ cache: dir.path })).toEqual([]);
    expect(await cachedBuild(recipe, build('again'), { cache: dir.path })).toMatchObject({ size: 5 });
    await rm(join(built.dir, 'image.json'));
    expect(await listImages({ cache: dir.path })).toEqual([]);
  });
});

describe('removeImage', () => {
  test('removes by name, by name and architecture, or by id', async () => {
    await using dir = await tempCache();
    const options = { cache: dir.path };
    const made = [];
    for (const format of [1, 2, 3]) made.push(await cachedBuild({ ...recipe, format }, build('x'), options));
    const arm = await cachedBuild({ ...recipe, arch: 'aarch64' }, build('x'), options);
    expect(await removeImage(made[0]?.id ?? '', options)).toEqual([made[0]]);
    expect((await removeImage('box-x86_64', options)).length).toBe(2);
    expect(await removeImage('box', options)).toEqual([arm]);
    expect(await visible(dir.path)).toEqual([]);
  });

  test('names what there is when nothing fits', async () => {
    await using dir = await tempCache();
    await expect(removeImage('box', { cache: dir.path })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[NotFoundError: no image "box" in the cache; there are: none]`,
    );
  });
});

/** What is in the cache. */
async function visible(cache: string): Promise<string[]> {
  return await readdir(join(cache, 'images', 'built'));
}
