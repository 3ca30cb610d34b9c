import { cacheDir, stateDir } from '../../core/index.ts';
import { ARCH_NAMES, type Arch, surveyLeftovers } from '../../drivers/qemu/index.ts';
import { bounded } from './bounded.ts';
import type { Facts } from './facts.ts';
import { lookAtDevice, lookAtSystem } from './gather-host.ts';
import { lookForImageTools, lookForNeeds, lookForSsh } from './gather-programs.ts';
import { lookAtMachines } from './gather-qemu.ts';
import { lookAtFolders, measureFolder } from './gather-storage.ts';

/** The longest that a check may take, together with what it waits for; all of them run at once. */
const LIMIT = '4s';

/** Looks at this host. What cannot be found out in time is said to be unknown. @throws the signal's reason when it aborts. */
export async function gatherFacts({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Facts> {
  const system = await lookAtSystem();
  const check = <T>(look: (signal: AbortSignal) => Promise<T>) => bounded(LIMIT, signal, look);
  const onLinux = <T>(facts: Promise<T>) => (system.platform === 'linux' ? facts : null);
  const cache = cacheDir();
  const [machines, kvm, vsock, needs, imageTools, ssh, folders, cacheSize, leftovers] = await Promise.all([
    lookAtMachines(system.arch, LIMIT, signal),
    onLinux(check(() => lookAtDevice('/dev/kvm'))),
    onLinux(check(() => lookAtDevice('/dev/vhost-vsock'))),
    check(() => lookForNeeds()),
    forEachArch((arch) => check(() => lookForImageTools(arch, system.root))),
    check(lookForSsh),
    check(() => lookAtFolders({ cache, state: stateDir() }, system.platform)),
    check(async (end) => ({ bytes: await measureFolder(cache, end) })),
    check(() => surveyLeftovers()),
  ]);
  const node = { version: process.versions.node, path: process.execPath };
  // Neither takes any time, and both know of limits that a container has.
  const memory = { total: totalMemory(), available: process.availableMemory() };
  return {
    system,
    node,
    ...machines,
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
