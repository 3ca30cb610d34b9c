import { expect } from 'vitest';
import type { Client, Serial } from '../../src/interfaces/index.ts';
import { readAll, readUntil } from '../drivers/open-driver.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Serial>;

/** A port at whose other end there is a loop. */
export interface SerialSpecimen extends Specimen<Calls> {
  /** The levels of the control lines. */
  lines(): { readonly dtr: boolean; readonly rts: boolean };
}

const method = methodChecksOf<Calls, SerialSpecimen>();
const NOT_A_LEVEL = [['high'], [1], [], [true, 'one too many']];

/** What every driver of `serial.v1` must do. */
export const serialChecks: readonly Check<SerialSpecimen>[] = [
  ...method({
    method: 'connect',
    kind: 'channel',
    call: async (calls, options) => {
      await using channel = await calls.connect(undefined, options);
      await channel.write(Buffer.from('around the loop'));
      return await readUntil(channel, 'around the loop');
    },
    together: 'shared',
    open: (calls) => calls.connect(),
  }),
  ...method({
    method: 'close',
    call: (calls, options) => calls.close(options),
    expect: (answer) => expect(answer).toBe(null),
    together: 'shared',
  }),
  ...method({
    method: 'setDtr',
    prepare: ({ calls }) => calls.setDtr(false),
    call: (calls, options) => calls.setDtr(true, options),
    expect: (_, specimen) => expect(specimen.lines().dtr).toBe(true),
    wrong: NOT_A_LEVEL,
    together: 'shared',
  }),
  ...method({
    method: 'setRts',
    prepare: ({ calls }) => calls.setRts(false),
    call: (calls, options) => calls.setRts(true, options),
    expect: (_, specimen) => expect(specimen.lines().rts).toBe(true),
    wrong: NOT_A_LEVEL,
    together: 'shared',
  }),
  {
    name: 'the end of what is written comes back as the end',
    run: async ({ calls }) => {
      await using channel = await calls.connect();
      await channel.write(Buffer.from('the last of it'));
      await channel.end();
      expect(await readAll(channel)).toBe('the last of it');
    },
  },
  {
    name: 'close ends every stream, and leaves the port to whoever comes next',
    run: async ({ calls }) => {
      await using channel = await calls.connect();
      const end = readAll(channel);
      await calls.close();
      expect(await end).toBe('');
      await using next = await calls.connect();
      await next.write(Buffer.from('again'));
      await readUntil(next, 'again');
    },
  },
];

export const describeSerial = (title: string, open: OpenSpecimen<SerialSpecimen>) =>
  describeChecks(title, serialChecks, open);
