import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type FolderKind,
  findLeftFolders,
  makeFolder,
  NotFoundError,
  openOwnedFolder,
  stateDir,
  sweepFolders,
} from '../../core/index.ts';

/** An exporter of this user's that keeps pools, and where its session is. */
const Listed = z.object({
  /** What the exporter calls itself. */
  name: z.string(),
  /** Where others reach it: a socket. */
  host: z.string(),
});
export type ListedExporter = z.output<typeof Listed>;

const FILE = 'exporter.json';

const folders = (): FolderKind => ({ parent: join(stateDir(), 'pools'), prefix: '' });

/** Lists an exporter until it is disposed of, or its process is gone. */
export async function listExporter(exporter: ListedExporter): Promise<AsyncDisposable> {
  const kind = folders();
  await makeFolder(kind.parent, 0o700);
  await sweepFolders(kind);
  const folder = await openOwnedFolder(kind);
  await writeFile(join(folder.path, FILE), JSON.stringify(exporter), { mode: 0o600 });
  return folder;
}

/** Those whose processes live. */
export async function listedExporters(): Promise<ListedExporter[]> {
  const kind = folders();
  const left = new Set(await findLeftFolders(kind));
  const entries = await readdir(kind.parent, { withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(kind.parent, name));
  const live = await Promise.all(paths.filter((path) => !left.has(path)).map(read));
  return live.flat();
}

/** The exporter of that name; without a name the only one. @throws NotFoundError with the names that there are */
export async function findExporter(name: string | undefined): Promise<ListedExporter> {
  const all = await listedExporters();
  const meant = name === undefined ? all : all.filter((one) => one.name === name);
  const [first, second] = meant;
  if (first && !second) return first;
  const known = all.map((one) => one.name);
  const advice = 'begin one with: jumplead pool serve --exporter-config FILE';
  const which = name === undefined ? '' : ` of ${JSON.stringify(name)}`;
  const message =
    meant.length > 1
      ? `there are several pools${which}: ${known.join(', ')}; say which: --pool NAME`
      : `no pool${which} is served; there are: ${known.join(', ') || 'none'}\n${advice}`;
  throw new NotFoundError(message, { what: 'pool', missing: name ?? '', known });
}

/** Empty where it is just being written, or removed. */
async function read(path: string): Promise<ListedExporter[]> {
  const text = await readFile(join(path, FILE), 'utf8').catch(() => '');
  return text === '' ? [] : [Listed.parse(JSON.parse(text))];
}
