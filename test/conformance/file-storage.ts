import { expect } from 'vitest';
import type { CallOptions, Client, Storage } from '../../src/interfaces/index.ts';
import { brokenSourceOf, collectingSink, createImage, sha256, sourceOf } from './bytes.ts';
import { type Check, describeChecks, type OpenSpecimen } from './check.ts';
import { type MethodProbe, methodChecksOf, rejection } from './method-checks.ts';
import type { Specimen } from './specimen.ts';

type Calls = Client<typeof Storage>;
/** An empty storage that can do all but sign. */
export type StorageSpecimen = Specimen<Calls>;

const CONTENT = createImage(300_000, 6);
const NOWHERE = { kind: 'presigned_request', headers: {}, url: 'http://127.0.0.1:9/', method: 'GET' };
const probe = methodChecksOf<Calls, StorageSpecimen>();
const method = <A>(of: Omit<MethodProbe<Calls, StorageSpecimen, A>, 'together'>) =>
  probe({ ...of, together: 'shared' });

async function put(calls: Calls, path: string, content: Buffer = CONTENT): Promise<void> {
  const fd = await calls.open(path, 'wb');
  await calls.fileWrite(fd, sourceOf(content));
  await calls.fileClose(fd);
}

async function readOpen(calls: Calls, fd: string, options?: CallOptions): Promise<Buffer | string> {
  const { sink, received } = collectingSink();
  await calls.fileRead(fd, sink, options);
  return received();
}

async function get(calls: Calls, path: string): Promise<Buffer | string> {
  const fd = await calls.open(path, 'rb');
  const content = await readOpen(calls, fd);
  await calls.fileClose(fd);
  return content;
}

async function holds(calls: Calls, path: string, content: Buffer = CONTENT): Promise<void> {
  const held = await get(calls, path);
  expect(Buffer.isBuffer(held) && held.equals(content), `${path} holds it`).toBe(true);
}

const withFile = ({ calls }: StorageSpecimen) => put(calls, 'dir/file');
/** Each call on a file opens one of its own: the calls of two clients must not meet in one. */
const opened = async (calls: Calls, mode: 'rb' | 'wb' = 'rb') =>
  calls.open(mode === 'rb' ? 'dir/file' : 'dir/new', mode);
const WRONG_FD = [[42], []];
const OUTSIDE = [['../file'], ['dir/../../file'], [42], []];

const asks = (name: 'fileReadable' | 'fileSeekable' | 'fileWritable', answers: [rb: boolean, wb: boolean]) =>
  method({
    method: name,
    prepare: withFile,
    call: async (calls, options) => [
      await calls[name](await opened(calls), options),
      await calls[name](await opened(calls, 'wb'), options),
    ],
    expect: (answer) => expect(answer).toEqual(answers),
    wrong: WRONG_FD,
  });

const moves = (name: 'copy' | 'rename', keepsSource: boolean) =>
  method({
    method: name,
    prepare: async ({ calls }) => {
      await put(calls, 'dir/file');
      await put(calls, 'dir/second');
    },
    // Each caller has a file of its own to move.
    call: async (calls, options) => {
      const own = (await calls.exists('dir/file')) ? 'dir/file' : 'dir/second';
      return calls[name](own, 'dir/moved', options).catch(async (error: unknown) => {
        if (own === 'dir/file' && name === 'rename')
          return await calls.rename('dir/second', 'dir/moved', options);
        throw error;
      });
    },
    expect: async (_, { calls }) => {
      await holds(calls, 'dir/moved');
      expect(await calls.exists('dir/file')).toBe(keepsSource);
    },
    wrong: [['dir/file', '../file'], ['../file', 'dir/x'], ['dir/file'], []],
  });

const lists = (name: 'list' | 'scan', paths: readonly string[]) =>
  method({
    method: name,
    kind: 'stream',
    prepare: async (specimen) => {
      await withFile(specimen);
      await put(specimen.calls, 'dir/sub/deep', Buffer.from('deep'));
    },
    call: (calls, options) => Array.fromAsync(calls[name]('dir/', options)),
    expect: (found) => expect(found.toSorted()).toEqual(paths),
    wrong: OUTSIDE,
  });

/** What a storage cannot do is said to be so. */
const signs = (name: 'presignStat' | 'presignRead' | 'presignWrite') =>
  method({
    method: name,
    prepare: withFile,
    call: async (calls, options) => {
      const [outcome] = await Promise.allSettled([calls[name]('dir/file', 60, options)]);
      if (outcome.status === 'rejected' && outcome.reason.code !== 'unsupported') throw outcome.reason;
      return outcome.status === 'fulfilled' ? outcome.value : outcome.reason.code;
    },
    expect: (answer) => expect(answer).toBe('unsupported'),
    wrong: [['dir/file', 0], ['dir/file', 1.5], ['dir/file'], ['../file', 60], []],
  });

/** What every driver of `storage.v1` must do. */
export const storageChecks: readonly Check<StorageSpecimen>[] = [
  ...method({
    method: 'open',
    prepare: withFile,
    call: (calls, options) => calls.open('dir/file', 'rb', options),
    expect: async (fd, { calls }) => {
      const content = await readOpen(calls, fd);
      expect(Buffer.isBuffer(content) && content.equals(CONTENT)).toBe(true);
    },
    wrong: [['dir/file', 'r+'], ['dir/file'], ['../file', 'rb'], ['dir/', 'rb'], ['dir/', 'wb'], []],
  }),
  ...method({
    method: 'fileRead',
    prepare: withFile,
    call: async (calls, options) => readOpen(calls, await opened(calls), options),
    expect: (content) => expect(Buffer.isBuffer(content) && content.equals(CONTENT)).toBe(true),
    wrong: [['no such file', 'a file'], [42, { ...NOWHERE, method: 'PUT' }], [42], []],
  }),
  ...method({
    method: 'fileWrite',
    call: async (calls, options) => {
      const fd = await opened(calls, 'wb');
      await calls.fileWrite(fd, sourceOf(CONTENT), options);
      await calls.fileClose(fd);
    },
    expect: (_, { calls }) => holds(calls, 'dir/new'),
    wrong: [['no such file', 'an image'], [42, NOWHERE], []],
  }),
  ...method({
    method: 'fileSeek',
    prepare: withFile,
    call: async (calls, options) => {
      const fd = await opened(calls);
      const positions = [
        await calls.fileSeek(fd, 10, 0, options),
        await calls.fileSeek(fd, -4, 1),
        await calls.fileSeek(fd, -2, 2),
      ];
      return { positions, rest: await readOpen(calls, fd) };
    },
    expect: ({ positions, rest }) => {
      expect(positions).toEqual([10, 6, CONTENT.length - 2]);
      expect(rest).toEqual(CONTENT.subarray(-2));
    },
    wrong: [['no such file', 0, 3], ['no such file', 'x'], [42], []],
  }),
  ...method({
    method: 'fileTell',
    prepare: withFile,
    call: async (calls, options) => {
      const fd = await opened(calls);
      await calls.fileSeek(fd, 7);
      return calls.fileTell(fd, options);
    },
    expect: (position) => expect(position).toBe(7),
    wrong: [[42], []],
  }),
  ...method({
    method: 'fileClose',
    prepare: withFile,
    call: async (calls, options) => {
      const fd = await opened(calls);
      await calls.fileClose(fd, options);
      return fd;
    },
    expect: async (fd, { calls }) => {
      expect(await calls.fileClosed(fd)).toBe(true);
      expect(await rejection(readOpen(calls, fd))).toMatchObject({ code: 'state', state: 'closed' });
      await calls.fileClose(fd);
    },
    wrong: [[42], []],
  }),
  ...method({
    method: 'fileClosed',
    prepare: withFile,
    call: async (calls, options) => calls.fileClosed(await opened(calls), options),
    expect: (closed) => expect(closed).toBe(false),
    wrong: [[42], []],
  }),
  ...asks('fileReadable', [true, false]),
  ...asks('fileSeekable', [true, false]),
  ...asks('fileWritable', [false, true]),
  ...method({
    method: 'stat',
    prepare: withFile,
    call: (calls, options) => calls.stat('dir/file', options),
    expect: async (found, { calls }) => {
      expect(found).toMatchObject({
        content_length: CONTENT.length,
        mode: { entry_is_file: true, entry_is_dir: false },
      });
      expect(await calls.stat('dir/')).toMatchObject({ mode: { entry_is_file: false, entry_is_dir: true } });
    },
    wrong: OUTSIDE,
  }),
  ...method({
    method: 'hash',
    prepare: withFile,
    call: (calls, options) => calls.hash('dir/file', undefined, options),
    expect: async (hash, { calls }) => {
      expect(hash).toBe(sha256(CONTENT));
      expect(await calls.hash('dir/file', 'md5')).toMatch(/^[0-9a-f]{32}$/);
    },
    wrong: [['dir/file', 'crc32'], ...OUTSIDE],
  }),
  ...moves('copy', true),
  ...moves('rename', false),
  ...method({
    method: 'removeAll',
    prepare: withFile,
    call: (calls, options) => calls.removeAll('dir/', options),
    expect: async (_, { calls }) => expect(await calls.exists('dir/file')).toBe(false),
    wrong: OUTSIDE,
  }),
  ...method({
    method: 'createDir',
    call: (calls, options) => calls.createDir('a/b/', options),
    expect: async (_, { calls }) => expect(await calls.exists('a/b/')).toBe(true),
    wrong: [['no-slash-at-its-end'], ['../a/'], [42], []],
  }),
  ...method({
    method: 'delete',
    prepare: withFile,
    call: (calls, options) => calls.delete('dir/file', options),
    expect: async (_, { calls }) => {
      expect(await calls.exists('dir/file')).toBe(false);
      await calls.delete('dir/file');
    },
    wrong: OUTSIDE,
  }),
  ...method({
    method: 'exists',
    prepare: withFile,
    call: async (calls, options) => [await calls.exists('dir/file', options), await calls.exists('dir/none')],
    expect: (answers) => expect(answers).toEqual([true, false]),
    wrong: OUTSIDE,
  }),
  ...lists('list', ['dir/', 'dir/file', 'dir/sub/']),
  ...lists('scan', ['dir/', 'dir/file', 'dir/sub/', 'dir/sub/deep']),
  ...signs('presignStat'),
  ...signs('presignRead'),
  ...signs('presignWrite'),
  ...method({
    method: 'capability',
    call: (calls, options) => calls.capability(options),
    expect: (can) => expect(can).toMatchObject({ read: true, write: true, list: true, presign: false }),
  }),
  ...method({
    method: 'getCreatedResources',
    prepare: withFile,
    call: (calls, options) => calls.getCreatedResources(options),
    expect: (paths) => expect(paths).toEqual(['dir/file']),
  }),
  ...method({
    method: 'registerPath',
    call: (calls, options) => calls.registerPath('/from/elsewhere/', options),
    expect: async (_, { calls }) => expect(await calls.getCreatedResources()).toEqual(['from/elsewhere']),
    wrong: OUTSIDE,
  }),
  {
    name: 'what is not there is not found',
    run: async ({ calls }) => {
      const missing = { code: 'not-found', fault: 'caller' };
      expect(await rejection(calls.open('none', 'rb'))).toMatchObject(missing);
      expect(await rejection(calls.stat('none'))).toMatchObject(missing);
      expect(await rejection(calls.hash('none'))).toMatchObject(missing);
      expect(await rejection(calls.copy('none', 'other'))).toMatchObject(missing);
      expect(await rejection(calls.fileTell('no such file'))).toMatchObject(missing);
    },
  },
  {
    name: 'a file is used as it was opened',
    run: async ({ calls }) => {
      await put(calls, 'file');
      const [reading, writing] = [await calls.open('file', 'rb'), await calls.open('new', 'wb')];
      expect(await rejection(calls.fileWrite(reading, sourceOf(CONTENT)))).toMatchObject({ code: 'state' });
      expect(await rejection(readOpen(calls, writing))).toMatchObject({ code: 'state' });
      expect(await rejection(calls.fileSeek(writing, 0))).toMatchObject({ code: 'state' });
      expect(await rejection(calls.fileSeek(reading, -1))).toMatchObject({ code: 'config' });
    },
  },
  {
    name: 'a source that fails is told',
    run: async ({ calls }) => {
      const fd = await calls.open('broken', 'wb');
      const reason = new Error('the download broke off');
      expect(await rejection(calls.fileWrite(fd, brokenSourceOf(CONTENT, reason)))).toBe(reason);
    },
  },
  {
    name: 'what was created goes along with what is moved and deleted',
    run: async ({ calls }) => {
      await put(calls, 'a/one');
      await calls.copy('a/one', 'a/two');
      await calls.rename('a/one', 'a/three');
      expect((await calls.getCreatedResources()).toSorted()).toEqual(['a/three', 'a/two']);
      await calls.removeAll('a/');
      expect(await calls.getCreatedResources()).toEqual([]);
    },
  },
];

export const describeStorage = (title: string, open: OpenSpecimen<StorageSpecimen>) =>
  describeChecks(title, storageChecks, open);
