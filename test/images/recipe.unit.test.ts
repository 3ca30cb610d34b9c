import { describe, expect, test } from 'vitest';
import { debianRecipe } from '../../src/images/debian-recipe.ts';
import { type Recipe, recipeHash, recipeId } from '../../src/images/recipe.ts';
import { tinyAppend, tinyRecipe } from '../../src/images/tiny-recipe.ts';

const recipe = (extra: object = {}): Recipe => ({ name: 'box', arch: 'x86_64', format: 1, ...extra });

describe('recipeHash', () => {
  test('is stable across releases, and whatever the order of keys', () => {
    expect(recipeHash(recipe())).toBe('edd774e30049');
    expect(recipeHash({ format: 1, arch: 'x86_64', name: 'box' })).toBe(recipeHash(recipe()));
    expect(recipeHash(recipe({ disk: { esp: 1, size: 2 } }))).toBe(
      recipeHash(recipe({ disk: { size: 2, esp: 1 } })),
    );
  });

  test('changes with anything in the recipe, also with the order of lists', () => {
    const hashes = [
      {},
      { format: 2 },
      { packages: ['a', 'b'] },
      { packages: ['b', 'a'] },
      { tree: [{ path: '/a' }] },
    ];
    expect(new Set(hashes.map((extra) => recipeHash(recipe(extra)))).size).toBe(hashes.length);
  });

  test('differs between architectures', () => {
    expect(recipeHash(debianRecipe('x86_64'))).not.toBe(recipeHash(debianRecipe('aarch64')));
    expect(recipeHash(tinyRecipe('x86_64'))).not.toBe(recipeHash(tinyRecipe('aarch64')));
  });

  test('names the folder', () => {
    expect(recipeId(recipe())).toBe('box-x86_64-edd774e30049');
    expect(recipeId(debianRecipe('aarch64'))).toMatch(/^debian-12-aarch64-[0-9a-f]{12}$/);
  });
});

describe('the Debian recipe', () => {
  test('boots with SELinux on, not yet enforcing, and a console on the serial port and the screen', () => {
    expect(debianRecipe('x86_64').boot.options).toBe(
      'root=LABEL=rootfs rw console=tty0 console=ttyS0 security=selinux selinux=1 enforcing=0',
    );
    expect(debianRecipe('aarch64').boot.options).toContain('console=ttyAMA0');
  });

  test('has each of its own files once, and says nothing of mirrors but Debian own', () => {
    const { tree } = debianRecipe('x86_64');
    const paths = tree.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(
      JSON.stringify(tree)
        .match(/https?:\/\/[^/\\" ]+/g)
        ?.every((url) => url === 'http://deb.debian.org'),
    ).toBe(true);
  });
});

describe('the tiny guest’s command line', () => {
  test('carries the password', () => {
    expect(tinyAppend(tinyRecipe('x86_64'), undefined)).toBe(
      'console=tty0 console=ttyS0 tsc=reliable no_timer_check',
    );
    expect(tinyAppend(tinyRecipe('aarch64'), 'x-1_Y')).toBe(
      'console=tty0 console=ttyAMA0 jumplead.password=x-1_Y',
    );
  });

  test.each(['', 'two words', 'quo"te', 'ü'])('refuses the password %j', (password) => {
    expect(() => tinyAppend(tinyRecipe('x86_64'), password)).toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: invalid password for the tiny guest: must be printable ASCII without spaces and double quotes, and not empty]`,
    );
  });
});
