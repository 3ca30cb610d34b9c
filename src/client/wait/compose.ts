import type { Wait, WaitPart, WaitScope } from './wait.ts';

type AnyWait = Wait<never, unknown>;
type Waits = readonly [AnyWait, ...AnyWait[]];

/** What a device must have for all of these. */
export type DeviceOfAll<W extends readonly AnyWait[]> = W extends readonly [
  Wait<infer Device, unknown>,
  ...infer Rest extends readonly AnyWait[],
]
  ? Device & DeviceOfAll<Rest>
  : unknown;

type ResultOf<W> = W extends Wait<never, infer Result> ? Result : never;

/** What comes of each, in their order. */
export type ResultsOfAll<W extends readonly AnyWait[]> = { -readonly [K in keyof W]: ResultOf<W[K]> };

/** Waits until all of these have come, whatever the order. Fails as soon as one of them cannot come any more. */
export function all<const W extends Waits>(...waits: W): Wait<DeviceOfAll<W>, ResultsOfAll<W>> {
  return {
    name: nameOf('all of', waits),
    looksBack: true,
    prepare: async (scope) => {
      const parts = await prepareParts(waits, scope);
      // SAFE: one result for each of them, in their order
      return async (watch) => (await watch.all(parts)) as unknown as ResultsOfAll<W>;
    },
  };
}

/** Waits until the first of these has come, and ends the others. Fails when none can come any more. */
export function any<const W extends Waits>(...waits: W): Wait<DeviceOfAll<W>, ResultOf<W[number]>> {
  return {
    name: nameOf('any of', waits),
    looksBack: true,
    prepare: async (scope) => {
      const parts = await prepareParts(waits, scope);
      // SAFE: the result of one of them
      return async (watch) => (await watch.any(parts)) as ResultOf<W[number]>;
    },
  };
}

const nameOf = (words: string, waits: Waits) => `${words} ${waits.map(({ name }) => name).join(', ')}`;

function prepareParts(waits: Waits, scope: WaitScope<unknown>): Promise<WaitPart<unknown>[]> {
  // SAFE: the device has what each of them needs, as it has what the whole needs
  const whole = scope as WaitScope<never>;
  return Promise.all(waits.map(async ({ prepare, ...part }) => ({ ...part, run: await prepare(whole) })));
}
