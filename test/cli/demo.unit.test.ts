import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { describeBootTimes } from '../../src/cli/demo/boot-times.ts';
import { checkPicture } from '../../src/cli/demo/picture.ts';
import { planDemo } from '../../src/cli/demo/plan.ts';

test('the architecture is that of the host unless one is named', () => {
  expect(planDemo({}).arch).toBe(process.arch === 'arm64' ? 'aarch64' : 'x86_64');
  expect(() => planDemo({ arch: 'arm64' })).toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: invalid arch: "arm64" is not an architecture; allowed: x86_64, aarch64]`,
  );
});

test('the defaults of the demo', () => {
  expect(planDemo({ arch: 'x86_64' })).toEqual({
    arch: 'x86_64',
    image: undefined,
    keep: false,
    cold: false,
    out: 'out/demo-x86_64',
  });
});

test('a boot is told beside the other kind, where that is known', () => {
  const told = [
    describeBootTimes('cold', { cold: 74_000 }),
    describeBootTimes('remembered', { cold: 74_000, remembered: 850 }),
    describeBootTimes('remembered', { remembered: 850 }),
    describeBootTimes('cold', { cold: 74_000, remembered: 850 }),
  ];
  expect(told.join('\n')).toMatchInlineSnapshot(`
    "from power-on to the login prompt: 1 m 14 s, a cold boot
    from power-on to the login prompt: 0.85 s, from a boot that was remembered; the boot itself took 1 m 14 s
    from power-on to the login prompt: 0.85 s, from a boot that was remembered
    from power-on to the login prompt: 1 m 14 s, a cold boot; from a remembered one it took 0.85 s"
  `);
});

describe('checkPicture', () => {
  const picture = (lit: number) => {
    const png = new PNG({ width: 40, height: 30 });
    png.data.fill(255);
    for (let pixel = 1; pixel <= lit; pixel += 1) png.data[4 * pixel] = 0;
    return PNG.sync.write(png);
  };
  test('a picture with something on it is told by its size', () =>
    expect(checkPicture(picture(400))).toBe('40x30'));
  test('a blank one is an error of the device', () =>
    expect(() => checkPicture(picture(3))).toThrow(/blank: 3 of 1200/));
});
