import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mistake, NotFoundError, type OnProgress } from '../../../core/index.ts';
import type { Digests } from '../../../download/index.ts';
import type { Peer } from '../../../driver/index.ts';
import type { Sink, Source } from '../../../interfaces/index.ts';
import { writeSink } from '../../std/index.ts';
import type { StoredImage } from './content-store.ts';
import { flattenDisk } from './disks.ts';
import { imageError } from './image-format.ts';
import type { ImageNotes } from './image-notes.ts';
import { receiveImage } from './image-source.ts';
import type { ImageStore } from './image-store.ts';

/** What can be flashed. Firmware and its variables have the names that Jumpstarter gives them. */
export const PARTITIONS = ['root', 'bios', 'OVMF_CODE.fd', 'OVMF_VARS.fd'] as const;
export type Partition = (typeof PARTITIONS)[number];

/** The files that a machine writes to, by the partition they lie on. They are named so in its plan. */
const WRITTEN: Partial<Record<Partition, string>> = { root: 'root.qcow2', 'OVMF_VARS.fd': 'nvram.qcow2' };

/** The partition of that name; `root` if there is none. @throws ConfigError for any other. */
export function parsePartition(name: string | null | undefined): Partition {
  const partition = PARTITIONS.find((known) => known === (name ?? 'root'));
  if (partition) return partition;
  const message = `got ${JSON.stringify(name)}; allowed: ${PARTITIONS.join(', ')}`;
  throw mistake('partition', message);
}

/** What was flashed, by partition. */
export type Contents = ReadonlyMap<Partition, StoredImage>;

interface Options {
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress | undefined;
  /** What is flashed must be this. */
  readonly expected?: Digests | undefined;
}

/** The images of one machine: what was flashed to it, and what it has written since. All calls need it to be off. */
export class Media {
  readonly #store: ImageStore;
  readonly #notes: ImageNotes;
  readonly #folder: string;
  readonly #defaults: Partial<Record<Partition, string>>;
  readonly #through: readonly string[];
  /** How often something was put into a partition. */
  flashes = 0;
  readonly #flashed = new Map<Partition, StoredImage>();
  /** What snapshots lie over, whatever is flashed since. */
  readonly #kept = new Set<string>();

  /**
   * @param store Notes every image that it gives out in `notes`.
   * @param folder Where the machine's own disks lie.
   * @param defaults Files that are used where nothing was flashed.
   * @param through What QEMU is started through, and so what reads what it has written.
   */
  constructor(
    store: ImageStore,
    notes: ImageNotes,
    folder: string,
    defaults: Partial<Record<Partition, string>>,
    through: readonly string[],
  ) {
    this.#store = store;
    this.#notes = notes;
    this.#folder = folder;
    this.#defaults = defaults;
    this.#through = through;
  }

  /** What is in a partition: what was flashed, or else the default. */
  async image(partition: Partition, options: Options): Promise<StoredImage | undefined> {
    const flashed = this.#flashed.get(partition);
    const file = this.#defaults[partition];
    if (flashed || file === undefined) return flashed;
    // A copy in the store: what the user's file becomes later is not what this machine was started with.
    return fitting(await this.#store.addFile(file, options), partition, file);
  }

  /** What has been flashed. These images stay in the store for as long as this machine is open. */
  keep(): Contents {
    for (const { path } of this.#flashed.values()) this.#kept.add(path);
    return new Map(this.#flashed);
  }

  /** Has from now on what another machine had. What was written is gone. */
  async adopt(contents: Contents): Promise<void> {
    await Promise.all([...contents.values()].map(({ path }) => this.#notes.add(path)));
    this.#flashed.clear();
    for (const [partition, image] of contents) this.#flashed.set(partition, image);
    await this.startOver();
  }

  /** Whether the machine has not written to its disks, nor to the variables of its firmware. */
  async isUntouched(): Promise<boolean> {
    const written = Object.values(WRITTEN).map((name) => exists(join(this.#folder, name)));
    return !(await Promise.all(written)).includes(true);
  }

  /** What was written is gone. */
  async startOver(): Promise<void> {
    await Promise.all(PARTITIONS.map((partition) => this.#discardWritten(partition)));
  }

  /** The SHA-256 of what is in each partition. */
  async digests(signal: AbortSignal): Promise<Partial<Record<Partition, string>>> {
    const digests: Partial<Record<Partition, string>> = {};
    for (const partition of PARTITIONS) {
      const image = await this.image(partition, { signal });
      if (image) digests[partition] = image.sha256;
    }
    return digests;
  }

  /** Takes the image in and then puts it into the partition. Until then, and after any failure, the old one stays. */
  async flash(source: Source, partition: Partition, peer: Peer, options: Options): Promise<void> {
    const image = await receiveImage(this.#store, source, peer, options);
    await this.#insert(image, partition);
  }

  /** Whether an image is known by the SHA-256 of its bytes as sent. */
  async has(sha256: string): Promise<boolean> {
    return (await this.#store.find(sha256)) !== undefined;
  }

  /** Flashes an image that is known. @throws NotFoundError when it is not. */
  async flashKnown(sha256: string, partition: Partition): Promise<void> {
    const image = await this.#store.find(sha256);
    if (image) return await this.#insert(image, partition);
    throw new NotFoundError(`no image with the SHA-256 ${sha256} is known here: send its bytes`, {
      what: 'image',
      missing: sha256,
      known: [],
    });
  }

  /**
   * Sends what is in a partition: the flashed bytes, or once the machine has written, its disk as a whole in the same format.
   *
   * @throws NotFoundError when nothing is in it.
   */
  async dump(partition: Partition, sink: Sink, options: Options): Promise<void> {
    const image = await this.image(partition, options);
    const written = WRITTEN[partition] && join(this.#folder, WRITTEN[partition]);
    if (written && (await exists(written)))
      return await this.#dumpWritten(written, partition, image, sink, options);
    if (image) return await sendFile(image.path, sink, options.signal);
    throw new NotFoundError(`nothing is in the partition ${partition}: nothing was flashed`, {
      what: 'partition',
      missing: partition,
      known: [...this.#flashed.keys()],
    });
  }

  async #dumpWritten(
    written: string,
    partition: Partition,
    image: StoredImage | undefined,
    sink: Sink,
    { signal }: Options,
  ): Promise<void> {
    const whole = join(this.#folder, `dump-${randomBytes(4).toString('hex')}`);
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(whole, { force: true }));
    const format = image?.format ?? (partition === 'root' ? 'qcow2' : 'raw');
    await flattenDisk(written, whole, format, { signal, through: this.#through });
    await sendFile(whole, sink, signal);
  }

  async #insert(image: StoredImage, partition: Partition): Promise<void> {
    fitting(image, partition, 'the image');
    const before = this.#flashed.get(partition);
    this.flashes++;
    this.#flashed.set(partition, image);
    await this.#discardWritten(partition);
    const used = new Set([...this.#flashed.values()].map(({ path }) => path)).union(this.#kept);
    if (before && !used.has(before.path)) await this.#notes.forget(before.path);
    // Boot entries of another system; unless the variables were flashed, they are part of what is meant to be there.
    if (partition === 'root' && !this.#flashed.has('OVMF_VARS.fd'))
      await this.#discardWritten('OVMF_VARS.fd');
  }

  async #discardWritten(partition: Partition): Promise<void> {
    const name = WRITTEN[partition];
    if (name) await rm(join(this.#folder, name), { force: true });
  }
}

/** Firmware lies in flash memory as it is, in no container. */
function fitting(image: StoredImage, partition: Partition, source: string): StoredImage {
  if (partition === 'root' || image.format === 'raw') return image;
  throw imageError(`the partition ${partition} takes raw bytes, and it is ${image.format}`, source);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function sendFile(path: string, sink: Sink, signal: AbortSignal): Promise<void> {
  await writeSink(sink, createReadStream(path, { highWaterMark: 2 ** 18, signal }), signal);
}
