import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../../core/index.ts';
import type { QemuConfig } from '../config.ts';
import { createKeyPair, createMac, createPassword } from '../keys.ts';
import { configKey } from './boot-key.ts';

/** What a machine is given that no other has. */
export const Identity = z.object({
  uuid: z.string(),
  mac: z.string(),
  password: z.string(),
  keys: z.object({ privateKey: z.string(), publicKey: z.string() }),
});
export type Identity = z.output<typeof Identity>;

/** An identity of its own for one machine. */
export function createIdentity(config: QemuConfig): Identity {
  return {
    uuid: randomUUID(),
    mac: createMac(),
    password: config.password ?? createPassword(),
    keys: createKeyPair(`${config.username}@${config.hostname}`),
  };
}

/**
 * The identity of all machines of this configuration whose boots are remembered in `boots`: a guest that has booted knows its user and
 * its addresses. Made by the first of them, readable by its owner alone.
 */
export async function sharedIdentity(boots: string, config: QemuConfig): Promise<Identity> {
  const folder = join(boots, 'identities');
  await makeFolder(folder, 0o700);
  const path = join(folder, `${configKey(config)}.json`);
  const known = await readIdentity(path);
  if (known) return known;
  const own = join(folder, `${randomUUID()}.new`);
  await writeFile(own, JSON.stringify(createIdentity(config)), { mode: 0o600, flag: 'wx' });
  try {
    // Whoever comes first decides; what is there is whole.
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(own, { force: true });
  }
  const identity = await readIdentity(path);
  if (!identity) throw new Error(`${path}: not an identity of a machine; remove it`);
  return identity;
}

async function readIdentity(path: string): Promise<Identity | undefined> {
  try {
    return Identity.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
