import { ARCH_NAMES } from '../../drivers/qemu/index.ts';
import type { Facts } from './facts.ts';
import type { Finding } from './finding.ts';
import { judgeAccelerator } from './judge-accelerator.ts';
import { judgeNode, judgeSystem, judgeVsock } from './judge-host.ts';
import { judgeFirmware, judgeQemu } from './judge-machines.ts';
import { judgeImageTools, judgePrograms } from './judge-programs.ts';
import { judgeCache, judgeFolders, judgeLeftovers, judgeMemory } from './judge-storage.ts';

/** What is thought of a host, from what is known of it. Nothing here looks at it. */
export function judge(facts: Facts): Finding[] {
  return [
    judgeSystem(facts),
    judgeNode(facts),
    ...ARCH_NAMES.flatMap((arch) => [judgeQemu(arch, facts), ...judgeFirmware(arch, facts)]),
    ...ARCH_NAMES.flatMap((arch) => judgeAccelerator(arch, facts)),
    ...judgePrograms(facts),
    ...ARCH_NAMES.map((arch) => judgeImageTools(arch, facts)),
    ...judgeVsock(facts),
    judgeMemory(facts),
    ...judgeFolders(facts),
    judgeCache(facts),
    judgeLeftovers(facts),
  ];
}
