import type { Wait, Watch } from './wait.ts';

/** What a wait of one's own is given. */
export type CustomWatch = Pick<Watch, 'signal' | 'saw'>;

/**
 * A wait of one's own: it has come when the promise resolves, and cannot come any more when it rejects. It ends with
 * `signal`, and `saw` notes what an error is to show.
 */
export function custom<Device, Result>(
  name: string,
  wait: (device: Device, watch: CustomWatch) => Promise<Result>,
): Wait<Device, Result> {
  return {
    name,
    prepare:
      async ({ device }) =>
      ({ signal, saw }) =>
        wait(device, { signal, saw }),
  };
}
