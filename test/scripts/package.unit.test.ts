import { expect, test } from 'vitest';
import { checkListing, checkNames } from '../../scripts/check-package.ts';

const WHOLE = [
  'README.md',
  'LICENSE',
  'NOTICE',
  'CHANGELOG.md',
  'bin/jumplead.js',
  'bin/jl.js',
  'bin/test-machines.js',
  'dist/web/ui/page.css',
];

test('a package with what users need passes', () => {
  expect(
    checkListing([...WHOLE, 'package.json', 'dist/index.js', 'dist/index.js.map', 'dist/index.d.ts']),
  ).toEqual([]);
});

test('what is not for users, and what is missing, is named', () => {
  expect(checkListing([...WHOLE.slice(1), 'src/index.ts', 'dist/rpc/x.proto'])).toMatchInlineSnapshot(`
    [
      "src/index.ts: is not for users; scripts/check-package.ts lists what is",
      "dist/rpc/x.proto: is not for users; scripts/check-package.ts lists what is",
      "README.md: is missing from the package",
    ]
  `);
});

test('a public name that tests could not import is named', () => {
  const exports = {
    '.': { default: './dist/index.js' },
    './qemu': { default: './dist/drivers/qemu/index.js' },
  };
  expect(checkNames({ exports }, '"jumplead": ["./src/index.ts"]')).toMatchInlineSnapshot(`
    [
      "tsconfig.json: "paths" lacks "jumplead/qemu": ["./src/drivers/qemu/index.ts"]",
    ]
  `);
});
