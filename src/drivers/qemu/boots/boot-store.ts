import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  discard,
  explainDiskFull,
  type FolderKind,
  formatSize,
  lendDir,
  lendFile,
  makeFolder,
  makeLendingDir,
  openOwnedFolder,
  requireSpace,
  scanFile,
  tryLock,
} from '../../../core/index.ts';
import { sizeOnDisk } from '../../../images/index.ts';
import { inBlocks } from '../storage/blocks.ts';
import { fileIdentity } from '../storage/file-identity.ts';
import { findImagesInUse, type StorePlaces } from '../storage/images-in-use.ts';
import { SparseWriter } from '../storage/sparse-file.ts';

/** Where boots are remembered. */
export const bootsDir = (cache: string): string => join(cache, 'boots');

/** The folders of boots that are not whole yet, or being removed. */
export const unfinishedBoots = (boots: string): FolderKind => ({ parent: boots, prefix: 'unfinished-' });

const MANIFEST = 'boot.json';
/** Is there when the boot is not to be used any more; says why. */
const DOUBT = 'doubt';
/** Nobody but its owner gets in there: whoever inherits what lies in it may open it again. */
const PRIVATE = 'private';
const MEMORY = join(PRIVATE, 'memory');
/** Whoever is given the descriptor may open it again, as himself: QEMU wants to, for writing, also where it never writes. */
const FOR_HEIRS = 0o666;

const StoredFile = z.object({ size: z.number(), sha256: z.string(), identity: z.string() });

const Manifest = z.object({
  key: z.string(),
  created: z.string(),
  /** What the machine was waited for. */
  ready: z.string(),
  hostname: z.string(),
  memory: z.number(),
  /** Whether the guest renews its randomness by itself. */
  renews: z.boolean(),
  files: z.record(z.string(), StoredFile),
});
type Manifest = z.output<typeof Manifest>;

/** What a boot has come to, where it lies now. */
export interface BootMaterial {
  /** The guest's memory, and whatever else of it. Paths; the memory's may be that of a descriptor. */
  readonly memory: string;
  readonly state: string;
  readonly history: string;
  readonly seed: string | null;
  /** What was written to its disks, by the names of their files. */
  readonly bases: Readonly<Record<string, string>>;
}

/** A boot that is remembered. */
export interface RememberedBoot extends BootMaterial {
  readonly key: string;
  readonly created: Date;
  /** Whether the guest renews its randomness by itself. */
  readonly renews: boolean;
}

/** One for people. */
export interface BootFacts {
  readonly key: string;
  readonly path: string;
  readonly hostname: string;
  readonly ready: string;
  readonly created: Date;
  readonly used: Date;
  /** Bytes on the disk, shared by all that start from it. */
  readonly bytes: number;
  readonly inUse: boolean;
  /** Why nobody starts from it any more, if so. */
  readonly doubt: string | null;
}

/** Boots by their keys. Each appears whole, by renaming, and never changes. */
export class BootStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  pathOf(key: string): string {
    return join(this.#folder, key);
  }

  /**
   * The boot of that name, if it is there and is what it was when it was stored: what is small is read, what is large is
   * recognized by its size, its inode and its times, and read where they are others.
   *
   * @throws BootDamage when it is there and something else, or doubted.
   */
  async find(key: string, signal: AbortSignal): Promise<RememberedBoot | undefined> {
    const folder = this.pathOf(key);
    const manifest = await readManifest(folder);
    if (!manifest) return undefined;
    if (manifest.key !== key) throw new BootDamage(folder, MANIFEST, 'is that of another boot');
    const doubt = await readDoubt(folder);
    if (doubt !== null) throw new BootDamage(folder, MANIFEST, `is not trusted: ${doubt}`);
    for (const [name, facts] of Object.entries(manifest.files)) await check(folder, name, facts, signal);
    const now = new Date();
    await utimes(join(folder, MANIFEST), now, now).catch(() => undefined);
    const names = Object.keys(manifest.files);
    const bases = names.filter(isDisk);
    return {
      key,
      created: new Date(manifest.created),
      renews: manifest.renews,
      memory: join(folder, MEMORY),
      state: join(folder, 'state'),
      history: join(folder, 'console.log'),
      seed: names.includes('seed.iso') ? join(folder, 'seed.iso') : null,
      bases: Object.fromEntries(bases.map((name) => [name, join(folder, name)])),
    };
  }

  /**
   * Stores a boot; false when it is there already, or somebody else is at it.
   *
   * @throws CapacityError when the disk has no room.
   */
  async add(
    key: string,
    material: BootMaterial,
    about: Pick<Manifest, 'ready' | 'hostname' | 'renews'>,
    signal: AbortSignal,
  ): Promise<boolean> {
    await makeLendingDir(this.#folder);
    await using lock = await tryLock(`${this.pathOf(key)}.lock`);
    if (!lock || (await readManifest(this.pathOf(key)))) return false;
    const sources: readonly (readonly [string, string])[] = [
      [MEMORY, material.memory],
      ['state', material.state],
      ['console.log', material.history],
      ...(material.seed === null ? [] : [['seed.iso', material.seed] as const]),
      ...Object.entries(material.bases),
    ];
    const sizes = await Promise.all(sources.map(async ([, path]) => (await stat(path)).blocks * 512));
    const needed = sizes.reduce((sum, size) => sum + size, 0);
    await requireSpace(this.#folder, needed, 'a boot that is to be remembered');
    await using scratch = await openOwnedFolder(unfinishedBoots(this.#folder));
    const folder = join(scratch.path, 'boot');
    await makeFolder(join(folder, PRIVATE), 0o700);
    const files: Record<string, z.output<typeof StoredFile>> = {};
    for (const [name, path] of sources) files[name] = await takeIn(path, join(folder, name), name, signal);
    const memory = (await stat(join(folder, MEMORY))).size;
    const manifest = { key, created: new Date().toISOString(), ...about, memory, files };
    await writeFile(join(folder, MANIFEST), JSON.stringify(manifest), { mode: 0o600, flush: true });
    await lendDir(folder);
    signal.throwIfAborted();
    await rename(folder, this.pathOf(key));
    return true;
  }

  /** Nobody is to start from it any more. Who runs from it is not disturbed. */
  async doubt(key: string, reason: string): Promise<void> {
    await writeFile(join(this.pathOf(key), DOUBT), reason, { mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      },
    );
  }

  /** All boots, the one that was used last first. */
  async list(places: StorePlaces = {}): Promise<BootFacts[]> {
    const names = (await readdir(this.#folder).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const inUse = await findImagesInUse(places);
    const all = await Promise.all(
      names.map(async (key): Promise<BootFacts | undefined> => {
        const path = this.pathOf(key);
        const manifest = await readManifest(path);
        const facts = await stat(join(path, MANIFEST)).catch(() => undefined);
        if (!manifest || !facts) return undefined;
        const { hostname, ready, created } = manifest;
        const bytes = await sizeOnDisk(path);
        return {
          ...{ key, path, hostname, ready, bytes },
          created: new Date(created),
          used: facts.mtime,
          inUse: inUse.includes(path),
          doubt: await readDoubt(path),
        };
      }),
    );
    return all.filter((one) => one !== undefined).sort((a, b) => b.used.getTime() - a.used.getTime());
  }

  /** Removes what was not used for longest, until all together have no more than `limit` bytes. `keep` stays. */
  async shrink(limit: number, keep: string, places: StorePlaces = {}): Promise<BootFacts[]> {
    const all = await this.list(places);
    const removed: BootFacts[] = [];
    let bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of all.toReversed()) {
      if (bytes <= limit) break;
      if (one.key === keep || one.inUse || !(await this.remove(one.key, places))) continue;
      bytes -= one.bytes;
      removed.push(one);
    }
    return removed;
  }

  /** Removes a boot unless somebody uses it; whether it did. */
  async remove(key: string, places: StorePlaces = {}): Promise<boolean> {
    const path = this.pathOf(key);
    const isWanted = async () => (await findImagesInUse(places)).includes(path);
    return (await discard(path, unfinishedBoots(this.#folder), isWanted)) === 'removed';
  }
}

/** Something of a boot is not what it was when it was stored. */
export class BootDamage extends Error {
  constructor(folder: string, name: string, what: string) {
    super(`${join(folder, name)} ${what}`);
  }
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw new BootDamage(folder, MANIFEST, 'cannot be read');
  }
}

async function readDoubt(folder: string): Promise<string | null> {
  return await readFile(join(folder, DOUBT), 'utf8').catch(() => null);
}

/** What QEMU reads in whole before it runs, and what is small, is read; the rest only where it may have changed. */
const isRead = (name: string) => name === 'state' || name === 'console.log' || name === 'seed.iso';

async function check(
  folder: string,
  name: string,
  { size, sha256, identity }: z.output<typeof StoredFile>,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, name);
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new BootDamage(folder, name, 'is missing');
  if (facts.size !== size)
    throw new BootDamage(folder, name, `has ${formatSize(facts.size)}, and had ${formatSize(size)}`);
  if (!isRead(name) && (await fileIdentity(path)) === identity) return;
  const now = await hashOf(path, signal);
  if (now !== sha256)
    throw new BootDamage(folder, name, `is another: its SHA-256 is ${now}, and was ${sha256}`);
}

async function takeIn(
  source: string,
  path: string,
  name: string,
  signal: AbortSignal,
): Promise<z.output<typeof StoredFile>> {
  await using from = await open(source);
  await using to = await open(path, 'wx', 0o600);
  const writer = new SparseWriter(to);
  const hash = createHash('sha256');
  try {
    for await (const block of inBlocks(scanFile(from, signal))) {
      hash.update(block);
      await writer.write(block);
    }
    await writer.finish();
  } catch (error) {
    await writer.abandon();
    throw await explainDiskFull(error, dirname(path), writer.length, 'a boot that is to be remembered');
  }
  if (name === MEMORY) await to.chmod(FOR_HEIRS);
  // The rest is read by us: nobody else may find the password on the seed disk.
  else if (isDisk(name)) await lendFile(path);
  return { size: writer.length, sha256: hash.digest('hex'), identity: await fileIdentity(to) };
}

/** What QEMU lies over, and opens by its name. */
const isDisk = (name: string) => name.endsWith('.qcow2');

async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path);
  const hash = createHash('sha256');
  for await (const chunk of scanFile(file, signal)) hash.update(chunk);
  return hash.digest('hex');
}
