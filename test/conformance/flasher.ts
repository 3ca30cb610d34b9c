import { expect } from 'vitest';
import type { CallOptions, Client, Flasher } from '../../src/interfaces/index.ts';
import { brokenSourceOf, collectingSink, createImage, sourceOf } from './bytes.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { type MethodProbe, methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Flasher>;
/** A flasher of a device that is off. */
export type FlasherSpecimen = Specimen<Calls>;

const IMAGE = createImage(300_000);
const OTHER_IMAGE = createImage(200_000, 2);

async function dump(calls: Calls, options?: CallOptions): Promise<Buffer | string> {
  const { sink, received } = collectingSink();
  await calls.dump(sink, undefined, options);
  return received();
}

async function holds({ calls }: FlasherSpecimen, image: Buffer): Promise<void> {
  const dumped = await dump(calls);
  expect(Buffer.isBuffer(dumped) && dumped.equals(image), 'the device holds the image').toBe(true);
}

/** Sources and sinks as they are handed over, where nobody listens: for calls that must not come so far. */
export const DOWNLOAD = { kind: 'presigned_request', headers: {}, url: 'http://127.0.0.1:9/', method: 'GET' };
const UPLOAD = { ...DOWNLOAD, method: 'PUT' };

/** The checks of `flash` and `dump`; a machine takes one flash at a time, other devices may take several. */
export function flasherChecksFor(together: MethodProbe<Calls, FlasherSpecimen, unknown>['together']) {
  const method = methodChecksOf<Calls, FlasherSpecimen>();
  return [
    ...method({
      method: 'flash',
      call: (calls, options) => calls.flash(sourceOf(IMAGE), undefined, options),
      expect: (_, specimen) => holds(specimen, IMAGE),
      wrong: [['an image'], [{ kind: 'carrier-pigeon' }], [], [DOWNLOAD, 42]],
      together,
    }),
    ...method({
      method: 'dump',
      prepare: ({ calls }) => calls.flash(sourceOf(IMAGE)),
      call: dump,
      expect: (dumped) => expect(Buffer.isBuffer(dumped) && dumped.equals(IMAGE)).toBe(true),
      wrong: [['a file'], [{ kind: 'carrier-pigeon' }], [], [UPLOAD, 42]],
      together: 'shared',
    }),
    {
      name: 'a flash replaces what was there',
      run: async (specimen) => {
        await specimen.calls.flash(sourceOf(IMAGE));
        await specimen.calls.flash(sourceOf(OTHER_IMAGE));
        await holds(specimen, OTHER_IMAGE);
      },
    },
    {
      name: 'a source that fails leaves the old image, and its error is what the caller gets',
      run: async (specimen) => {
        await specimen.calls.flash(sourceOf(IMAGE));
        const reason = new Error('the download broke off');
        const broken = brokenSourceOf(OTHER_IMAGE, reason);
        expect(await rejection(specimen.calls.flash(broken))).toBe(reason);
        await specimen.settle?.();
        await holds(specimen, IMAGE);
      },
    },
    {
      name: 'a caller who gives up leaves the old image',
      run: async (specimen) => {
        await specimen.calls.flash(sourceOf(IMAGE));
        const caller = new AbortController();
        const reason = new Error('enough');
        async function* endless() {
          yield OTHER_IMAGE;
          caller.abort(reason);
          yield OTHER_IMAGE;
          await new Promise(() => undefined);
        }
        const source = { kind: 'stream', chunks: endless() } as const;
        expect(await rejection(specimen.calls.flash(source, undefined, { signal: caller.signal }))).toBe(
          reason,
        );
        await specimen.settle?.();
        await holds(specimen, IMAGE);
      },
    },
  ] satisfies Check<FlasherSpecimen>[];
}

/** What every driver of `flasher.v1` must do. */
export const flasherChecks: readonly Check<FlasherSpecimen>[] = flasherChecksFor('shared');

export const describeFlasher = (title: string, open: OpenSpecimen<FlasherSpecimen>) =>
  describeChecks(title, flasherChecks, open);
