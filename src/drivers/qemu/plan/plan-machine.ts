import { basename } from 'node:path';
import { parseSize } from '../../../core/index.ts';
import { architectureOf } from '../architectures.ts';
import type { QemuConfig } from '../config.ts';
import type { HostFacts } from '../host-facts.ts';
import { agent, console, firmwareLog, qmp } from './channels.ts';
import { effectiveFirmware, firmware } from './firmware.ts';
import { behaviour, board, chooseMemoryPlace, cpuModel, machineType, memory, wrapper } from './machine.ts';
import { network, plannedForwards } from './network.ts';
import { generationId, panicDevice, randomness } from './platform.ts';
import { input, screen, vncSocket } from './screen.ts';
import { cdrom, extraDisks, rootDisk, seedDisk } from './storage.ts';
import type { Circumstances, MachineFiles, MachinePlan, Origin, Piece, PlannedFile } from './types.ts';

/** The groups of devices, in the order in which QEMU gets them. It never changes: a saved machine depends on it. */
const PIECES: readonly ((about: Circumstances) => Piece)[] = [
  board,
  memory,
  firmware,
  behaviour,
  qmp,
  console,
  screen,
  network,
  rootDisk,
  seedDisk,
  cdrom,
  extraDisks,
  randomness,
  agent,
  input,
  panicDevice,
  generationId,
  firmwareLog,
];

/**
 * Plans a machine: what to start, with which files, sockets and ports. Pure: it looks at nothing but its arguments.
 *
 * @throws ConfigError for a field that does not fit the host or the image, CapacityError when the memory has no room.
 */
export function planMachine(config: QemuConfig, facts: HostFacts, files: MachineFiles): MachinePlan {
  const host = { ...facts, firmware: effectiveFirmware(facts.firmware, files) };
  const about: Circumstances = { config, host, files, architecture: architectureOf(config.arch) };
  const pieces = PIECES.map((piece) => piece(about));
  const argv = [...pieces.flatMap(({ args }) => args), ...config.extraArgs];
  const { binary } = host.qemu;
  return {
    wrapper: wrapper(host),
    binary,
    argv,
    command: [...wrapper(host), binary, ...argv],
    user: host.user,
    memory: files.origin ? null : chooseMemoryPlace(config, files.memory),
    files: pieces.flatMap((piece) => piece.files ?? []).map((file) => startedFrom(files.origin, file)),
    sockets: { vnc: vncSocket(about) },
    forwards: plannedForwards(config, files),
    description: {
      machine: machineType(about),
      cpu: cpuModel(about),
      cpus: config.cpus,
      memory: parseSize(config.memory),
      accelerator: host.accelerator,
      firmware: host.firmware.description,
    },
  };
}

/** The same file, over what the origin had written there. */
function startedFrom(origin: Origin | undefined, file: PlannedFile): PlannedFile {
  if (!origin) return file;
  const { path } = file;
  if (file.kind === 'seed' || file.kind === 'copy')
    return origin.seed === null ? file : { kind: 'copy', path, of: origin.seed };
  const backing = origin.bases[basename(path)];
  if (backing === undefined) return file;
  return { kind: 'overlay', path, node: file.node, backing, backingFormat: 'qcow2', size: null };
}
