import { describe, expect, test } from 'vitest';
import { measureHostSpeed } from '../../../src/drivers/qemu/host-speed.ts';
import { type PaceFacts, planPace, REFERENCE_STEP } from '../../../src/drivers/qemu/plan/pace.ts';

describe('the pace of a machine', () => {
  const pace = (facts: Partial<PaceFacts>) =>
    planPace({ accelerator: 'tcg', guest: 'x86_64', host: 'x86_64', step: REFERENCE_STEP, ...facts });

  test.each<[string, Partial<PaceFacts>, number]>([
    ['accelerated', { accelerator: 'kvm' }, 1],
    ['accelerated, on a slow host', { accelerator: 'kvm', step: 2.5 * REFERENCE_STEP }, 2.5],
    ['accelerated, on a fast host', { accelerator: 'hvf', step: REFERENCE_STEP / 2 }, 1],
    ['emulated', {}, 4],
    ['emulated, of another architecture', { guest: 'aarch64' }, 6],
    ['emulated, on a host of an architecture that is no guest’s', { host: undefined }, 6],
    ['emulated, on a fast host', { step: REFERENCE_STEP / 2 }, 2],
    ['emulated, on a very fast host', { step: REFERENCE_STEP / 8 }, 1],
    ['emulated, on a host that does other things', { step: 100 * REFERENCE_STEP }, 10],
  ])('%s', (_, facts, factor) => {
    expect(pace(facts).factor).toBe(factor);
  });

  test('says how it came about', () => {
    expect(pace({ guest: 'aarch64', step: 0.8 * REFERENCE_STEP })).toEqual({
      factor: 4.8,
      reason: 'aarch64 emulated on x86_64, this host takes 0.8 times as long as the reference',
    });
    expect(pace({ accelerator: 'kvm' }).reason).toBe(
      'x86_64 on kvm, this host takes 1.0 times as long as the reference',
    );
    expect(pace({ step: 9 * REFERENCE_STEP }).reason).toMatch(/takes 9.0 times .*; at most 10$/);
  });
});

test('the speed of the host is the time of its work alone, by step', async () => {
  let now = 5_000;
  let rounds = 0;
  const speed = await measureHostSpeed(
    () => now,
    (steps) => {
      rounds++;
      // The first, which is compiled meanwhile, does not count.
      now += rounds === 1 ? 1_000 : (steps * (rounds % 2 === 0 ? 2 : 4)) / 1e6;
    },
  );
  expect(speed).toBeCloseTo(3);
});

test('the work takes time', async () => {
  expect(await measureHostSpeed(() => performance.now())).toBeGreaterThan(0.01);
});
