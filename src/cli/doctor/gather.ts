import { totalmem } from 'node:os';
import { cacheDir, type Duration, stateDir } from '../../core/index.ts';
import { findLeftovers } from '../../drivers/qemu/index.ts';
import { bounded } from './bounded.ts';
import { byArch } from './by-arch.ts';
import type { Facts } from './facts.ts';
import { lookAtDevice, lookAtSystem } from './gather-host.ts';
import { lookForImageTools, lookForNeeds, lookForSsh } from './gather-programs.ts';
import { lookAtMachines } from './gather-qemu.ts';
import { lookAtFolder, measureFolder } from './gather-storage.ts';

/** The longest that a check may take. All of them run at once, but for what is asked of a QEMU that was found. */
const LIMIT: Duration = '4s';

/** Looks at this host. What cannot be found out in time is said to be unknown. @throws the signal's reason when it aborts. */
export async function gatherFacts({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Facts> {
  const system = await lookAtSystem();
  const linux = system.platform === 'linux';
  const look = <T>(check: (signal: AbortSignal) => Promise<T>) => bounded(LIMIT, signal, check);
  const cache = cacheDir();
  const [machines, kvm, vsock, needs, imageTools, ssh, folders, cacheSize, leftovers] = await Promise.all([
    byArch((arch) => lookAtMachines(arch, LIMIT, signal)),
    linux ? look(() => lookAtDevice('/dev/kvm')) : null,
    linux ? look(() => lookAtDevice('/dev/vhost-vsock')) : null,
    look(() => lookForNeeds()),
    byArch((arch) => look(() => lookForImageTools(arch, system.root))),
    look(lookForSsh),
    look(() => lookAtFolders(cache, linux)),
    look((end) => measureFolder(cache, end)),
    look(() => findLeftovers()),
  ]);
  const node = { version: process.versions.node, path: process.execPath };
  // A container's limit may be lower than what the host has, or be absurd: no limit.
  const total = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const memory = { total, available: process.availableMemory() };
  return {
    system,
    node,
    machines,
    kvm,
    vsock,
    needs,
    imageTools,
    ssh,
    memory,
    folders,
    cacheSize,
    leftovers,
  };
}

async function lookAtFolders(cache: string, linux: boolean) {
  const shm = linux ? lookAtFolder('/dev/shm') : null;
  return { cache: await lookAtFolder(cache), state: await lookAtFolder(stateDir()), shm: await shm };
}
