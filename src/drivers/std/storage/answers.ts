import type { z } from 'zod';
import { StorageCapability, type StorageMetadata } from '../../../interfaces/index.ts';
import type { OperatorCapability, OperatorMetadata } from './operator.ts';

/** What a storage knows of a path, as it is told. */
export function metadataOf(found: OperatorMetadata): z.input<typeof StorageMetadata> {
  return {
    content_disposition: found.contentDisposition,
    content_length: Number(found.contentLength ?? 0),
    content_md5: found.contentMd5,
    content_type: found.contentType,
    etag: found.etag,
    mode: { entry_is_file: found.isFile(), entry_is_dir: found.isDirectory() },
  };
}

/** What a storage can do, as it is told. What a version of the package does not know, it cannot. */
export function capabilityOf(capability: OperatorCapability): z.input<typeof StorageCapability> {
  const entries = Object.keys(StorageCapability.shape).map((key) => {
    const value = capability[key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (key.endsWith('_size')) return [key, value == null ? null : Number(value)];
    // Every call has a form that blocks; newer versions of the package no longer say so.
    return [key, key === 'blocking' ? true : value === true];
  });
  return StorageCapability.parse(Object.fromEntries(entries));
}
