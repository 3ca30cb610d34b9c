import { createWriteStream, type WriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { makeFolder, quoteWord, shellLine } from '../../core/index.ts';
import type { MachineEvent } from '../../interfaces/index.ts';
import { byHand } from './by-hand.ts';
import { keepPreviousRun } from './previous-run.ts';

/** Of a longer message only the beginning is kept. */
const LONGEST = 4_000;

const SCRIPT = 'qemu.sh';
/** A longer command line would leave no room for the rest of an error. */
const LONGEST_COMMAND = 2_500;

/** What a run leaves for people: the command line, a timeline of events, and all that was said over QMP. */
export class Trail implements AsyncDisposable {
  readonly folder: string;
  readonly #lasting: boolean;
  readonly #timeline: WriteStream;
  readonly #qmp: WriteStream;

  private constructor(folder: string, lasting: boolean) {
    this.folder = folder;
    this.#lasting = lasting;
    this.#timeline = lines(join(folder, 'timeline.jsonl'));
    this.#qmp = lines(join(folder, 'qmp.jsonl'));
  }

  /**
   * Begins a trail in `folder`, which is made if it is not there. What the run before has left there is kept in `previous`.
   * `lasting`: it stays there for the user.
   */
  static async open(folder: string, { lasting }: { readonly lasting: boolean }): Promise<Trail> {
    await makeFolder(folder, 0o700);
    await keepPreviousRun(folder);
    return new Trail(folder, lasting);
  }

  /** Writes the command line of this power-on as a script that starts the machine by hand, `qemu.sh`. */
  async command(command: readonly string[]): Promise<void> {
    const [program = '', ...args] = byHand(command).map(quoteWord);
    const script = [
      '#!/bin/sh',
      '# Starts this machine by hand, with its console on this terminal. As it ran, it waited for `cont` (-S), had its control,',
      "# its agent's port and its memory as inherited descriptors, and was started through what `describe()` shows. Its disks are",
      '# there as long as the session is open, and free when the machine is off.',
      `exec ${[program, ...args].join(' \\\n  ')}`,
      '',
    ];
    await writeFile(join(this.folder, SCRIPT), script.join('\n'), { mode: 0o700 });
  }

  /** A command line that starts this machine by hand: the script, or the whole where nobody would find that any more. */
  reproduce(command: readonly string[]): string {
    const whole = shellLine(byHand(command));
    const script = `sh ${quoteWord(join(this.folder, SCRIPT))}`;
    return this.#lasting || whole.length > LONGEST_COMMAND ? script : whole;
  }

  /** Adds an event to `timeline.jsonl`. */
  event(event: MachineEvent): void {
    this.#timeline.write(`${JSON.stringify(event)}\n`);
  }

  /** Adds a line of the conversation with QEMU to `qmp.jsonl`. */
  qmp(direction: 'sent' | 'received', line: string): void {
    // QEMU's schema alone has hundreds of kilobytes.
    const whole = line.startsWith('{') && line.length < LONGEST;
    const message = whole ? line.trim() : JSON.stringify(`${line.slice(0, LONGEST)}...`);
    this.#qmp.write(`{"time":"${new Date().toISOString()}","${direction}":${message}}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of [this.#timeline, this.#qmp]) stream.end();
    await Promise.allSettled([this.#timeline, this.#qmp].map((stream) => finished(stream)));
  }
}

/** A trail that can no longer be written (a full disk) must not end what it is about. */
function lines(path: string): WriteStream {
  return createWriteStream(path, { mode: 0o600 }).on('error', () => undefined);
}
