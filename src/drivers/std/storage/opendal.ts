import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CallContext, defineDriver, type Opened } from '../../../driver/index.ts';
import { Storage } from '../../../interfaces/index.ts';
import { readSource, writeSink } from '../resources.ts';
import { capabilityOf, metadataOf } from './answers.ts';
import { CreatedPaths } from './created-paths.ts';
import { openFile } from './open-file.ts';
import { OpenFiles } from './open-files.ts';
import { explained, opendalReason } from './opendal-error.ts';
import { type Operator, openOperator } from './operator.ts';
import { checkPath } from './paths.ts';

/** The configuration of `opendal`. */
export const OpendalConfig = z.strictObject({
  scheme: z.string().min(1).describe("opendal's name of the kind of storage: fs, s3, http, ..."),
  options: z
    .record(z.string(), z.string())
    .default({})
    .describe('what opendal wants to know for it, such as root'),
  removeCreatedOnClose: z
    .boolean()
    .default(false)
    .describe('delete what the session has created when it ends'),
});

/** Files and folders of whatever storage the package `opendal` reaches, which is an optional peer. */
export const opendal = defineDriver({
  name: 'opendal',
  interface: Storage,
  config: OpendalConfig,
  open: async ({ scheme, options, removeCreatedOnClose }, { log }) => {
    const operator = await openOperator(scheme, options);
    const files = new OpenFiles();
    const created = new CreatedPaths();
    return {
      ...fileHandlers(operator, files, created),
      ...pathHandlers(operator, created),
      ...lookHandlers(operator),
      getCreatedResources: async () => created.list(),
      registerPath: async (path) => {
        created.add(checkPath(path));
        return null;
      },
      [Symbol.asyncDispose]: async () => {
        await files[Symbol.asyncDispose]();
        if (removeCreatedOnClose) await created.deleteAll(operator, log);
      },
    };
  },
});

type Handlers = Opened<typeof Storage>;

function fileHandlers(operator: Operator, files: OpenFiles, created: CreatedPaths) {
  return {
    open: async (path, mode) => {
      const file = await openFile(operator, checkPath(path), mode);
      if (mode === 'wb') created.add(path);
      return files.add(file);
    },
    fileRead: async (fd, sink, { signal }) => {
      await writeSink(sink, files.find(fd).read(), signal);
      return null;
    },
    fileWrite: async (fd, source, { signal }) => {
      await files.find(fd).write(readSource(source, signal));
      return null;
    },
    fileSeek: async (fd, position, whence) => files.find(fd).seek(position, whence),
    fileTell: async (fd) => files.find(fd).position,
    fileClose: async (fd) => {
      await files.close(fd);
      return null;
    },
    fileClosed: async (fd) => files.find(fd).closed,
    fileReadable: async (fd) => files.find(fd).mode === 'rb',
    fileSeekable: async (fd) => files.find(fd).mode === 'rb',
    fileWritable: async (fd) => files.find(fd).mode === 'wb',
  } satisfies Partial<Handlers>;
}

/** What another caller has removed meanwhile is removed: as what was not there in the first place. */
async function remove(operator: Operator, path: string): Promise<void> {
  try {
    await operator.delete(path);
  } catch (error) {
    if (opendalReason(error).kind !== 'NotFound') throw error;
  }
}

/** What another caller has removed meanwhile keeps the rest from being removed: then once more, until nothing is missed. */
async function removeTree(operator: Operator, path: string): Promise<void> {
  for (;;) {
    try {
      return await operator.removeAll(path);
    } catch (error) {
      if (opendalReason(error).kind !== 'NotFound') throw error;
      if (!(await operator.exists(path))) return;
    }
  }
}

function pathHandlers(operator: Operator, created: CreatedPaths) {
  return {
    copy: async (from, to) => {
      const [source, target] = [checkPath(from, 'source'), checkPath(to, 'target')];
      await explained('copy', from, () => operator.copy(source, target));
      created.add(target);
      return null;
    },
    rename: async (from, to) => {
      const [source, target] = [checkPath(from, 'source'), checkPath(to, 'target')];
      await explained('rename', from, () => operator.rename(source, target));
      created.move(source, target);
      return null;
    },
    removeAll: async (path) => {
      await explained('remove_all', path, () => removeTree(operator, checkPath(path)));
      created.remove(path);
      return null;
    },
    createDir: async (path) => {
      checkPath(path);
      // A folder that was there before must outlast the session.
      const isNew = !(await explained('create_dir', path, () => operator.exists(path)));
      await explained('create_dir', path, () => operator.createDir(path));
      if (isNew) created.add(path);
      return null;
    },
    delete: async (path) => {
      await explained('delete', path, () => remove(operator, checkPath(path)));
      created.remove(path);
      return null;
    },
  } satisfies Partial<Handlers>;
}

function lookHandlers(operator: Operator) {
  const list = async function* (path: string, recursive: boolean, { signal }: CallContext) {
    checkPath(path);
    const entries = await explained('list', path, () => operator.list(path, { recursive }));
    for (const entry of entries) {
      signal.throwIfAborted();
      yield entry.path();
    }
  };
  const sign =
    (how: 'presignStat' | 'presignRead' | 'presignWrite') => async (path: string, seconds: number) =>
      explained(how, path, () => operator[how](checkPath(path), seconds));
  return {
    stat: async (path) => metadataOf(await explained('stat', path, () => operator.stat(checkPath(path)))),
    hash: async (path, algorithm, { signal }) => {
      const hash = createHash(algorithm);
      const file = await openFile(operator, checkPath(path), 'rb');
      for await (const piece of file.read()) {
        signal.throwIfAborted();
        hash.update(piece);
      }
      return hash.digest('hex');
    },
    exists: async (path) => explained('exists', path, () => operator.exists(checkPath(path))),
    list: (path, context) => list(path, false, context),
    scan: (path, context) => list(path, true, context),
    presignStat: sign('presignStat'),
    presignRead: sign('presignRead'),
    presignWrite: sign('presignWrite'),
    capability: async () => capabilityOf(operator.capability()),
  } satisfies Partial<Handlers>;
}
