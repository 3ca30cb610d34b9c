import { z } from 'zod';
import { arg, call, defineInterface, sink, source, stream } from './contract.ts';

const path = arg('path', z.string());
const fd = arg('fd', z.string());
const nothing = z.null();

/** What is known of a file or a folder. */
export const StorageMetadata = z.object({
  content_disposition: z.string().nullable(),
  content_length: z.number(),
  content_md5: z.string().nullable(),
  content_type: z.string().nullable(),
  etag: z.string().nullable(),
  mode: z.object({ entry_is_file: z.boolean(), entry_is_dir: z.boolean() }),
});

/** A request that somebody else may make for as long as its signature holds. */
export const PresignedRequest = z.object({
  url: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
});
export type PresignedRequest = z.output<typeof PresignedRequest>;

const can = z.boolean();
const size = z.number().nullable();

/** What a storage can do. Sizes are bytes. */
export const StorageCapability = z.object({
  ...{ stat: can, stat_with_if_match: can, stat_with_if_none_match: can },
  ...{ read: can, read_with_if_match: can, read_with_if_none_match: can },
  ...{ read_with_override_cache_control: can, read_with_override_content_disposition: can },
  read_with_override_content_type: can,
  ...{ write: can, write_can_multi: can, write_can_empty: can, write_can_append: can },
  ...{ write_with_content_type: can, write_with_content_disposition: can, write_with_cache_control: can },
  ...{ write_multi_max_size: size, write_multi_min_size: size, write_total_max_size: size },
  ...{ create_dir: can, delete: can, copy: can, rename: can },
  ...{ list: can, list_with_limit: can, list_with_start_after: can, list_with_recursive: can },
  ...{ presign: can, presign_read: can, presign_stat: can, presign_write: can },
  ...{ shared: can, blocking: can },
});
export type StorageCapability = z.output<typeof StorageCapability>;

const presign = (what: string) =>
  call(`A signed request to ${what} the path`, {
    args: [path, arg('expireSecond', z.int().positive())],
    returns: PresignedRequest,
    idempotent: true,
  });
const ask = (help: string) => call(help, { args: [fd], returns: z.boolean(), idempotent: true });

/**
 * Files and folders of a storage: a folder of the exporter's host, a bucket, an HTTP server.
 *
 * Paths are relative to the root of the storage, those of folders end with `/`; none leads out of it. A file is opened for
 * reading (`rb`) or for being replaced (`wb`), and known by the `fd` that `open` gave for as long as the session lasts.
 */
export const Storage = defineInterface(
  'storage.v1',
  { pythonClient: 'jumpstarter_driver_opendal.client.OpendalClient', category: 'other' },
  {
    open: call('Open a file', { args: [path, arg('mode', z.enum(['rb', 'wb']))], returns: z.string() }),
    fileRead: call('Read an open file from where it is to its end', {
      args: [fd, sink('dst')],
      returns: nothing,
    }),
    fileWrite: call('Write to an open file', { args: [fd, source('src')], returns: nothing }),
    fileSeek: call('Move to a position; from the start (0), from where it is (1), or from the end (2)', {
      args: [fd, arg('pos', z.int()), arg('whence', z.int().min(0).max(2).default(0))],
      returns: z.number(),
    }),
    fileTell: call('The position in an open file', { args: [fd], returns: z.number(), idempotent: true }),
    fileClose: call('Close a file', { args: [fd], returns: nothing, idempotent: true }),
    fileClosed: ask('Whether a file has been closed'),
    fileReadable: ask('Whether a file can be read'),
    fileSeekable: ask('Whether a file has positions to move to'),
    fileWritable: ask('Whether a file can be written'),
    stat: call('What is known of a path', { args: [path], returns: StorageMetadata, idempotent: true }),
    hash: call('The hash of a file, in hexadecimal', {
      args: [path, arg('algo', z.enum(['md5', 'sha256']).default('sha256'))],
      returns: z.string(),
      idempotent: true,
    }),
    copy: call('Copy a file', {
      args: [arg('source', z.string()), arg('target', z.string())],
      returns: nothing,
    }),
    rename: call('Move a file', {
      args: [arg('source', z.string()), arg('target', z.string())],
      returns: nothing,
    }),
    removeAll: call('Delete a path with all below it', { args: [path], returns: nothing, idempotent: true }),
    createDir: call('Create a folder, with those above it', {
      args: [path],
      returns: nothing,
      idempotent: true,
    }),
    delete: call('Delete a path; one that is not there is no error', {
      args: [path],
      returns: nothing,
      idempotent: true,
    }),
    exists: call('Whether there is such a path', { args: [path], returns: z.boolean(), idempotent: true }),
    list: stream('The paths in a folder, with its own', { args: [path], returns: z.string() }),
    scan: stream('The paths in a folder and all below it, with its own', {
      args: [path],
      returns: z.string(),
    }),
    presignStat: presign('ask about'),
    presignRead: presign('read'),
    presignWrite: presign('write'),
    capability: call('What the storage can do', { returns: StorageCapability, idempotent: true }),
    getCreatedResources: call('What this session has created', {
      returns: z.array(z.string()),
      idempotent: true,
    }),
    registerPath: call('Take a path for one that this session has created', {
      args: [path],
      returns: nothing,
    }),
  },
);
