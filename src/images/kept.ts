/** Folders of images, each of which appears whole, by renaming, or not at all. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  acquireLock,
  type Discarded,
  discard,
  type FolderKind,
  findLeftFolders,
  lendDir,
  lendFile,
  makeLendingDir,
  openOwnedFolder,
  sweepFolders,
} from '../core/index.ts';

/** One file of an image. */
export interface CachedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

/** What every image's `image.json` says. */
export const KeptFacts = z.object({
  id: z.string(),
  name: z.string(),
  files: z.array(z.object({ name: z.string(), size: z.int(), sha256: z.string() })).min(1),
});

/** Where an image lies, beside what its `image.json` says. */
export interface KeptPlace {
  /** The folder that holds its files and nothing else. */
  readonly dir: string;
  /** The path of the first file: the disk image, or the tiny guest's kernel. */
  readonly file: string;
  /** Bytes of all files. */
  readonly size: number;
}

/** The file that says what an image is; it is written last. */
export const FACTS = 'image.json';
/** What is being made, or removed. */
const WORK = '.build-';
const REMOVED = '.removed-';
/** Images that were found damaged. Nothing uses them; they can be looked at until they are cleared away. */
export const DAMAGED = '.damaged-';

const ownedFolders = (root: string): FolderKind[] =>
  [WORK, REMOVED].map((prefix) => ({ parent: root, prefix }));

type Facts = z.infer<typeof KeptFacts>;

export function withPlace<T extends Facts>(facts: T, dir: string): T & KeptPlace {
  const size = facts.files.reduce((sum, file) => sum + file.size, 0);
  return { ...facts, dir, file: join(dir, facts.files[0]?.name ?? ''), size };
}

/** The image in `dir`, if it is complete: the facts are there, and every file has the size that they say. */
export async function readKept<T extends Facts>(
  dir: string,
  schema: z.ZodType<T>,
): Promise<(T & KeptPlace) | undefined> {
  try {
    const facts = schema.parse(JSON.parse(await readFile(join(dir, FACTS), 'utf8')));
    for (const file of facts.files) {
      if ((await stat(join(dir, file.name))).size !== file.size) return undefined;
    }
    return withPlace(facts, dir);
  } catch {
    return undefined;
  }
}

/** The folders of all images in `root`, complete or not. */
export async function listKeptFolders(root: string): Promise<string[]> {
  return (await readNames(root)).filter((name) => !name.startsWith('.')).map((name) => join(root, name));
}

/** All complete images of the folder `root`. */
export async function listKept<T extends Facts>(
  root: string,
  schema: z.ZodType<T>,
): Promise<(T & KeptPlace)[]> {
  const images = await Promise.all((await listKeptFolders(root)).map((dir) => readKept(dir, schema)));
  return images.filter((image) => image !== undefined);
}

/** The turn to make one image, with a folder for it. Closing removes what is still in that. */
export interface Turn extends AsyncDisposable {
  /** What is made here is thrown away in the end. */
  readonly work: string;
  /** What is put here becomes the image. */
  readonly out: string;
  /** Makes `out` the image `facts.id`, in place of one that may be there. */
  settle<T extends Facts>(facts: T, more?: object): Promise<T & KeptPlace>;
}

/**
 * Waits until nobody else is making what is called `subject` in `root`, and clears away what was left by those who were
 * killed while they made something there.
 */
export async function takeTurn(
  root: string,
  subject: string,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<Turn> {
  await makeLendingDir(root);
  await using stack = new AsyncDisposableStack();
  // Named as the lock of a folder: what a killed process leaves of it is cleared away with theirs.
  const turn = createHash('sha256').update(subject).digest('hex').slice(0, 12);
  stack.use(await acquireLock(join(root, `${WORK}${turn}.lock`), { signal }));
  await sweepKept(root);
  const { path: work } = stack.use(await openOwnedFolder({ parent: root, prefix: WORK }));
  const out = join(work, 'out');
  await mkdir(out);
  const held = stack.move();
  return {
    work,
    out,
    settle: async (facts, more = {}) => {
      const dir = join(root, facts.id);
      const text = `${JSON.stringify({ ...facts, ...more }, null, 2)}\n`;
      await writeFile(join(out, FACTS), text, { mode: 0o600 });
      for (const { name } of facts.files) await lendFile(join(out, name));
      await lendDir(out);
      await discardKept(dir);
      await rename(out, dir);
      return withPlace(facts, dir);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Removes an image, unless it `isWanted` after all. */
export const discardKept = (dir: string, isWanted?: () => Promise<boolean>): Promise<Discarded> =>
  discard(dir, { parent: join(dir, '..'), prefix: REMOVED }, isWanted);

/** Puts an image aside that is damaged, and tells where it is now. */
export async function setAside(dir: string): Promise<string> {
  const aside = await mkdtemp(join(dir, '..', DAMAGED));
  await rename(dir, join(aside, 'image'));
  return aside;
}

/** What lies in `root` and is no image: what those have left who were killed, and what was put aside. */
export async function findLeftovers(root: string): Promise<string[]> {
  const left = await Promise.all(ownedFolders(root).map(findLeftFolders));
  return [...left.flat(), ...(await damaged(root))];
}

/** Removes what those have left in `root` who were killed. */
export async function sweepKept(root: string): Promise<void> {
  for (const kind of ownedFolders(root)) await sweepFolders(kind);
}

/** Removes what {@link findLeftovers} finds. */
export async function clearLeftovers(root: string): Promise<void> {
  await sweepKept(root);
  for (const path of await damaged(root)) await removeTree(path);
}

const damaged = async (root: string) =>
  (await readNames(root)).filter((name) => name.startsWith(DAMAGED)).map((name) => join(root, name));

const readNames = async (root: string) => await readdir(root).catch(() => []);

const removeTree = async (path: string) => await rm(path, { recursive: true, force: true, maxRetries: 3 });
