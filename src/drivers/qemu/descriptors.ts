/**
 * The file descriptors that QEMU inherits from us, by what they carry, beside the console on its standard input and output.
 * QMP, the agent's port and the log of the firmware are Unix socket pairs, so that both sides are connected before QEMU's first
 * instruction and see at once when the other is gone; `memory` is the unlinked file that is the guest's RAM; `state` is what the
 * devices of the machine were doing from which this one starts.
 */
export const DESCRIPTORS = { qmp: 3, agent: 4, memory: 5, firmware: 6, state: 7 } as const;
