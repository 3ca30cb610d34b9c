import { expect } from 'vitest';
import type { CallOptions, Client, StorageMux } from '../../src/interfaces/index.ts';
import { brokenSourceOf, collectingSink, createImage, sourceOf } from './bytes.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof StorageMux>;
type Side = 'host' | 'dut' | 'off';

export interface StorageMuxSpecimen extends Specimen<Calls> {
  /** To whom the medium is connected. */
  side(): Side | Promise<Side>;
}

const IMAGE = createImage(300_000, 4);
const method = methodChecksOf<Calls, StorageMuxSpecimen>();
const toHost = ({ calls }: StorageMuxSpecimen) => calls.host();

async function read(calls: Calls, options?: CallOptions): Promise<Buffer | string> {
  const { sink, received } = collectingSink();
  await calls.read(sink, options);
  return received();
}

async function holdsImage(_: unknown, { calls }: StorageMuxSpecimen): Promise<void> {
  const held = await read(calls);
  expect(Buffer.isBuffer(held) && held.equals(IMAGE), 'the medium holds the image').toBe(true);
}

const switches = (side: Side) =>
  method({
    method: side,
    prepare: ({ calls }) => (side === 'off' ? calls.host() : calls.off()),
    call: (calls, options) => calls[side](options),
    expect: async (_, specimen) => expect(await specimen.side()).toBe(side),
    together: 'shared',
  });

/** What every driver of `storage-mux.v1` must do. */
export const storageMuxChecks: readonly Check<StorageMuxSpecimen>[] = [
  ...switches('host'),
  ...switches('dut'),
  ...switches('off'),
  ...method({
    method: 'write',
    prepare: toHost,
    call: (calls, options) => calls.write(sourceOf(IMAGE), options),
    expect: holdsImage,
    wrong: [['an image'], []],
    together: 'shared',
  }),
  ...method({
    method: 'read',
    prepare: async ({ calls }) => {
      await calls.host();
      await calls.write(sourceOf(IMAGE));
    },
    call: read,
    expect: (held) => expect(Buffer.isBuffer(held) && held.equals(IMAGE)).toBe(true),
    wrong: [['a file'], []],
    together: 'shared',
  }),
  {
    name: 'a source that fails leaves what was there',
    run: async (specimen) => {
      await specimen.calls.host();
      await specimen.calls.write(sourceOf(IMAGE));
      const reason = new Error('the download broke off');
      const broken = brokenSourceOf(createImage(1_000), reason);
      expect(await rejection(specimen.calls.write(broken))).toBe(reason);
      await holdsImage(undefined, specimen);
    },
  },
  {
    name: 'a medium that the host does not have is neither written nor read',
    run: async ({ calls }) => {
      for (const side of ['dut', 'off'] as const) {
        await calls[side]();
        const refused = { code: 'state', needed: 'host' };
        expect(await rejection(calls.write(sourceOf(IMAGE)))).toMatchObject(refused);
        expect(await rejection(read(calls))).toMatchObject(refused);
      }
    },
  },
];

export const describeStorageMux = (title: string, open: OpenSpecimen<StorageMuxSpecimen>) =>
  describeChecks(title, storageMuxChecks, open);
