import { resolve } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../core/index.ts';
import type { Driver } from '../../driver/index.ts';
import type { Storage } from '../../interfaces/index.ts';
import { opendal } from '../std/index.ts';

/** What is configured of every server of files. */
export const servedFolder = {
  root: z.string().min(1).describe('the folder that is served; it is made if it is not there'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe("the address to listen on; 'auto': that by which other hosts know this one"),
  removeCreatedOnClose: z
    .boolean()
    .default(true)
    .describe('delete what the session has put there when it ends'),
};

/** The child `storage`, through which clients put files into the folder. */
export function storageOf(config: {
  readonly root: string;
  readonly removeCreatedOnClose?: boolean | undefined;
}): { readonly storage: Driver<typeof Storage, Record<never, never>> } {
  const options = { root: resolve(config.root) };
  const { removeCreatedOnClose = true } = config;
  return { storage: opendal({ scheme: 'fs', options, removeCreatedOnClose }) };
}

/** Makes the folder; returns its path. */
export async function openFolder(root: string): Promise<string> {
  const path = resolve(root);
  await makeFolder(path);
  return path;
}
