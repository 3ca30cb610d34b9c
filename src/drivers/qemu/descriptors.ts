/**
 * The file descriptors that QEMU inherits from us, by what they carry. The first three are Unix socket pairs, so that both
 * sides are connected before QEMU's first instruction and see at once when the other is gone; `memory` is the unlinked file
 * that is the guest's RAM.
 */
export const DESCRIPTORS = { qmp: 3, console: 4, agent: 5, memory: 6 } as const;
