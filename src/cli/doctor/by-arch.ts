import { ARCH_NAMES, type Arch } from '../../drivers/qemu/index.ts';

/** What `look` finds out of each architecture, all at once. */
export async function byArch<T>(look: (arch: Arch) => Promise<T>): Promise<Record<Arch, T>> {
  const entries = await Promise.all(ARCH_NAMES.map(async (arch) => [arch, await look(arch)] as const));
  // SAFE: there is an entry for each architecture
  return Object.fromEntries(entries) as Record<Arch, T>;
}
