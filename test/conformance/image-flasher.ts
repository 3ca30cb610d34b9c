import { expect } from 'vitest';
import type { CallOptions, Client, ImageFlasher } from '../../src/interfaces/index.ts';
import { collectingSink, createImage, sha256, sourceOf } from './bytes.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { DOWNLOAD, flasherChecksFor } from './flasher.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof ImageFlasher>;

/** A flasher of a machine that is off. */
export interface ImageFlasherSpecimen extends Specimen<Calls> {
  /** Switches the machine on. */
  switchOn(): void | Promise<void>;
}

const IMAGE = createImage(300_000, 3);
const UNKNOWN = '0'.repeat(64);
const WRONG_DIGESTS = [['abc'], [42], [], [UNKNOWN.toUpperCase().replaceAll('0', 'G')]];

const method = methodChecksOf<Calls, ImageFlasherSpecimen>();

async function holdsImage(_: unknown, { calls }: ImageFlasherSpecimen): Promise<void> {
  const { sink, received } = collectingSink();
  await calls.dump(sink);
  const dumped = received();
  expect(Buffer.isBuffer(dumped) && dumped.equals(IMAGE), 'the machine holds the image').toBe(true);
}

async function flashStream(calls: Calls, options?: CallOptions) {
  return await Array.fromAsync(calls.flashStream(sourceOf(IMAGE), undefined, undefined, options));
}

/** What every driver of `image-flasher.v1` must do. */
export const imageFlasherChecks: readonly Check<ImageFlasherSpecimen>[] = [
  ...flasherChecksFor('busy'),
  ...method({
    method: 'flashStream',
    kind: 'stream',
    call: flashStream,
    expect: async (told, specimen) => {
      expect(told.map(({ bytes }) => bytes)).toContain(IMAGE.length);
      await holdsImage(told, specimen);
    },
    wrong: [
      ['an image'],
      [],
      [DOWNLOAD, 42],
      [DOWNLOAD, null, { sha256: 'abc' }],
      [DOWNLOAD, null, { md5: 'abc' }],
    ],
    together: 'busy',
  }),
  ...method({
    method: 'hasImage',
    prepare: ({ calls }) => calls.flash(sourceOf(IMAGE)),
    call: (calls, options) => calls.hasImage(sha256(IMAGE), options),
    expect: async (isKnown, { calls }) => {
      expect(isKnown).toBe(true);
      expect(await calls.hasImage(UNKNOWN)).toBe(false);
    },
    wrong: WRONG_DIGESTS,
    together: 'shared',
  }),
  ...method({
    method: 'flashKnown',
    prepare: async ({ calls }) => {
      await calls.flash(sourceOf(IMAGE));
      await calls.flash(sourceOf(createImage(1_000)));
    },
    call: (calls, options) => calls.flashKnown(sha256(IMAGE), undefined, options),
    expect: holdsImage,
    wrong: WRONG_DIGESTS,
    together: 'busy',
  }),
  {
    name: 'an unknown image cannot be flashed by its digest',
    run: async ({ calls }) => {
      expect(await rejection(calls.flashKnown(UNKNOWN))).toMatchObject({
        code: 'not-found',
        missing: UNKNOWN,
      });
    },
  },
  {
    name: 'an image that is not what it is expected to be leaves the old one',
    run: async (specimen) => {
      const { calls } = specimen;
      await calls.flash(sourceOf(IMAGE));
      const other = createImage(1_000);
      for (const expected of [{ sha256: '0'.repeat(64) }, { sha512: '0'.repeat(128) }])
        expect(
          await rejection(Array.fromAsync(calls.flashStream(sourceOf(other), null, expected))),
        ).toMatchObject({
          code: 'image',
          reason: expect.stringContaining('wrong checksum'),
        });
      await holdsImage(undefined, specimen);
    },
  },
  {
    name: 'a machine that is on is not flashed',
    run: async (specimen) => {
      const { calls } = specimen;
      await calls.flash(sourceOf(IMAGE));
      await specimen.switchOn();
      const refused = { code: 'state', needed: 'off' };
      expect(await rejection(calls.flash(sourceOf(createImage(1_000))))).toMatchObject(refused);
      expect(await rejection(flashStream(calls))).toMatchObject(refused);
      expect(await rejection(calls.flashKnown(sha256(IMAGE)))).toMatchObject(refused);
    },
  },
];

export const describeImageFlasher = (title: string, open: OpenSpecimen<ImageFlasherSpecimen>) =>
  describeChecks(title, imageFlasherChecks, open);
