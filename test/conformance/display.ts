import { expect } from 'vitest';
import type { CallOptions, Client, Display } from '../../src/interfaces/index.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Display>;
/** The screen of a machine that is on. */
export type DisplaySpecimen = Specimen<Calls>;

const method = methodChecksOf<Calls>();

/** The version of RFB that the screen speaks. */
async function greet(calls: Calls, options?: CallOptions): Promise<string> {
  await using channel = await calls.connect(undefined, options);
  let seen = '';
  for await (const chunk of channel) {
    seen += Buffer.from(chunk).toString('latin1');
    if (seen.length >= 12) break;
  }
  return seen;
}

async function screenshot(calls: Calls, options?: CallOptions): Promise<Buffer> {
  await using channel = await calls.screenshot(undefined, options);
  return Buffer.concat(await Array.fromAsync(channel));
}

/** What every driver of `display.v1` must do. */
export const displayChecks: readonly Check<DisplaySpecimen>[] = [
  ...method({
    method: 'connect',
    kind: 'channel',
    call: greet,
    expect: (greeting) => expect(greeting).toMatch(/^RFB 003\.00[378]\n$/),
    together: 'shared',
    open: (calls) => calls.connect(),
  }),
  ...method({
    method: 'screenshot',
    kind: 'channel',
    call: screenshot,
    expect: (png) => {
      expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
      expect(png.subarray(-8, -4).toString('latin1')).toBe('IEND');
    },
    together: 'shared',
  }),
];

export const describeDisplay = (title: string, open: OpenSpecimen<DisplaySpecimen>) =>
  describeChecks(title, displayChecks, open);
