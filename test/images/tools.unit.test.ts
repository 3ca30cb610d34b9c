import { describe, expect, test } from 'vitest';
import { checkImageTools, imageTools } from '../../src/images/index.ts';

const packages = (...args: Parameters<typeof imageTools>) => [
  ...new Set(imageTools(...args).map((tool) => tool.package)),
];

describe('imageTools', () => {
  test('names the packages for each kind of build', () => {
    const root = { arch: 'x64', isRoot: true };
    expect(packages('tiny', 'aarch64', root)).toEqual([
      'apt',
      'dpkg',
      'util-linux',
      'debian-archive-keyring',
    ]);
    expect(packages('debian-12', 'x86_64', root)).toMatchInlineSnapshot(`
      [
        "apt",
        "dpkg",
        "util-linux",
        "debian-archive-keyring",
        "mmdebstrap",
        "tar",
        "fdisk",
        "mtools",
        "policycoreutils",
        "e2fsprogs",
        "qemu-utils",
      ]
    `);
    expect(packages('debian-12', 'aarch64', root)).toEqual([
      ...packages('debian-12', 'x86_64', root),
      ...['arch-test', 'qemu-user-static'],
    ]);
    expect(packages('debian-12', 'x86_64', { arch: 'x64', isRoot: false })).toContain('uidmap');
  });
});

describe('checkImageTools', () => {
  test('says what is missing and what to install', async () => {
    const tools = [
      { program: 'no-such-program', package: 'some-package' },
      { program: '/no/such/file', package: 'other-package' },
      { program: 'sh', package: 'dash' },
    ];
    await expect(checkImageTools(tools)).rejects.toThrowErrorMatchingInlineSnapshot(`
      [LaunchError: cannot build the image: no-such-program, /no/such/file not found
      install: apt-get install some-package other-package]
    `);
  });

  test('is content when all is there', async () => {
    await checkImageTools([{ program: 'sh', package: 'dash' }]);
  });
});
