import { expect } from 'vitest';
import type { ByteChannel, Client, Console } from '../../src/interfaces/index.ts';
import { readAll, readUntil } from '../drivers/open-driver.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Console>;

/** A console with a device that is on, prints what is typed, and speaks when it is told to. */
export interface ConsoleSpecimen extends Specimen<Calls> {
  /** Makes the device print a line by itself. Resolves when it has been recorded. */
  say(line: string): void | Promise<void>;
  /** Switches the device off and on again. */
  reboot(): void | Promise<void>;
}

const method = methodChecksOf<Calls, ConsoleSpecimen>();
const type = (channel: ByteChannel, text: string) => channel.write(Buffer.from(text));

/** What every driver of `console.v1` must do. */
export const consoleChecks: readonly Check<ConsoleSpecimen>[] = [
  ...method({
    method: 'connect',
    kind: 'channel',
    prepare: (specimen) => Promise.resolve(specimen.say('a line of this boot')),
    call: async (calls, options) => {
      await using channel = await calls.connect({ from: 'boot' }, options);
      return await readUntil(channel, 'a line of this boot');
    },
    wrong: [[{ from: 'yesterday' }], [{ from: -1 }], [{ colour: true }]],
    together: 'shared',
    open: (calls) => calls.connect({ from: 'now' }),
  }),
  ...method({
    method: 'close',
    call: (calls, options) => calls.close(options),
    expect: (answer) => expect(answer).toBe(null),
    together: 'shared',
  }),
  ...method({
    method: 'status',
    call: (calls, options) => calls.status(options),
    expect: (status) => {
      expect(status.boot).toBeLessThanOrEqual(status.offset);
      expect(status.writer).toBe(null);
    },
    together: 'shared',
  }),
  {
    name: 'what is typed reaches the device, which prints it',
    run: async ({ calls }) => {
      await using channel = await calls.connect({ from: 'now' });
      await type(channel, 'typed');
      await readUntil(channel, 'typed');
    },
  },
  {
    name: 'every reader gets everything, whether or not another reads',
    run: async (specimen) => {
      await using other = await specimen.secondClient();
      await using idle = await other.calls.connect({ from: 'now' });
      await using reader = await specimen.calls.connect({ from: 'now' });
      await specimen.say('to everybody');
      await readUntil(reader, 'to everybody');
      await readUntil(idle, 'to everybody');
    },
  },
  {
    name: 'what was printed while nobody looked can be read afterwards',
    run: async (specimen) => {
      const { offset } = await specimen.calls.status();
      await specimen.say('unseen');
      await using fromOffset = await specimen.calls.connect({ from: offset });
      await readUntil(fromOffset, 'unseen');
      await using fromBoot = await specimen.calls.connect({ from: 'boot' });
      await readUntil(fromBoot, 'unseen');
    },
  },
  {
    name: 'a reader from now sees nothing that was printed before',
    run: async (specimen) => {
      await specimen.say('long ago');
      await using channel = await specimen.calls.connect({ from: 'now' });
      await specimen.say('just now');
      expect(await readUntil(channel, 'just now')).not.toContain('long ago');
    },
  },
  {
    name: 'the next reader goes on where the last one stopped, and starts anew at a power-on',
    run: async (specimen) => {
      const readNext = async (text: string) => {
        const channel = await specimen.calls.connect();
        const seen = await readUntil(channel, text);
        await channel[Symbol.asyncDispose]();
        await specimen.calls.status(); // Answered only once the stream before it has been closed.
        return seen;
      };
      await specimen.reboot();
      await specimen.say('first');
      await readNext('first');
      await specimen.say('second');
      expect(await readNext('second')).not.toContain('first');
      await specimen.reboot();
      await specimen.say('third');
      const seen = await readNext('third');
      expect(seen).not.toContain('first');
      expect(seen).not.toContain('second');
    },
  },
  {
    name: 'a second writer is ended and its bytes are refused, until the first has done',
    run: async (specimen) => {
      const { calls } = specimen;
      await using other = await specimen.secondClient();
      await using first = await calls.connect({ from: 'now' });
      await type(first, 'mine');
      await readUntil(first, 'mine');
      expect((await calls.status()).writer).not.toBe(null);
      await using second = await other.calls.connect({ from: 'now' });
      const ended = rejection(readAll(second));
      await type(second, 'intruder').catch(() => undefined);
      expect(await ended).toMatchObject({ code: 'busy' });
      await type(first, 'still mine');
      expect(await readUntil(first, 'still mine')).not.toContain('intruder');
      await first.end();
      await using third = await other.calls.connect({ from: 'now' });
      await type(third, 'my turn');
      await readUntil(third, 'my turn');
    },
  },
  {
    name: 'the turn can be taken over',
    run: async (specimen) => {
      await using other = await specimen.secondClient();
      await using first = await specimen.calls.connect({ from: 'now' });
      await type(first, 'mine');
      await readUntil(first, 'mine');
      await using second = await other.calls.connect({ from: 'now', takeOver: true });
      await type(second, 'taken');
      await readUntil(second, 'taken');
      const ended = rejection(readAll(first));
      await type(first, 'too late').catch(() => undefined);
      expect(await ended).toMatchObject({ code: 'busy' });
    },
  },
  {
    name: 'close ends every stream, and leaves the console to whoever comes next',
    run: async (specimen) => {
      const { calls } = specimen;
      await using channel = await calls.connect({ from: 'now' });
      const end = readAll(channel);
      await calls.close();
      await end;
      await using next = await calls.connect({ from: 'now' });
      await specimen.say('still here');
      await readUntil(next, 'still here');
    },
  },
];

export const describeConsole = (title: string, open: OpenSpecimen<ConsoleSpecimen>) =>
  describeChecks(title, consoleChecks, open);
