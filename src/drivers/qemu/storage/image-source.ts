import { UnsupportedError } from '../../../core/index.ts';
import type { Peer } from '../../../driver/index.ts';
import type { Source } from '../../../interfaces/index.ts';
import type { StoredImage } from './content-store.ts';
import type { AddOptions, ImageStore } from './image-store.ts';

/**
 * Takes an image from wherever it comes into the store.
 *
 * @throws UnsupportedError for a file of this host named by a peer of another process; else as `ImageStore.addFile`.
 */
export async function receiveImage(
  store: ImageStore,
  source: Source,
  peer: Peer,
  options: AddOptions,
): Promise<StoredImage> {
  switch (source.kind) {
    case 'local_path':
      if (peer.local) return await store.addFile(source.path, options);
      throw new UnsupportedError(
        'only a session of the same process may name files of this host: send the bytes',
        {
          capability: 'local_path',
          available: ['stream', 'url'],
        },
      );
    case 'stream':
      return await store.addStream(
        { name: 'the uploaded image', phase: 'upload', total: null, chunks: source.chunks },
        options,
      );
    case 'url':
      return await store.addUrl(source.url, { ...options, headers: source.headers });
  }
}
