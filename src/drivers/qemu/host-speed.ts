import { setImmediate } from 'node:timers/promises';

/** Tells milliseconds that have passed since some moment. */
export type Clock = () => number;

/** Together some 30 ms where nothing else runs: enough to see whether something does. */
const ROUNDS = 10;
const STEPS = 1_000_000;

/**
 * How long this host takes for a step of real work, in nanoseconds: arithmetic, and memory that fits no first-level cache,
 * as in an emulator. Whatever else runs at the time makes it slower, as it will the machine.
 */
export async function measureHostSpeed(
  now: Clock,
  work: (steps: number) => void = workOf(),
): Promise<number> {
  // The first round is compiled while it runs.
  work(STEPS);
  let spent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await setImmediate();
    const began = now();
    work(STEPS);
    spent += now() - began;
  }
  return (spent * 1e6) / (ROUNDS * STEPS);
}

let measured: Promise<number> | undefined;

/** As `measureHostSpeed`, once per process. */
export function hostSpeed(): Promise<number> {
  measured ??= measureHostSpeed(() => performance.now());
  return measured;
}

function workOf(): (steps: number) => void {
  const memory = new Uint32Array(2 ** 16);
  let state = 0x9e3779b9;
  return (steps) => {
    for (let step = 0; step < steps; step++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      memory[state & 0xffff] = (memory[(state >>> 8) & 0xffff] ?? 0) + state;
    }
  };
}
