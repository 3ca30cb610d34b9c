import { parseSize } from '../../core/index.ts';
import { architectureOf } from './architectures.ts';
import { isCloudConfig, parseCloudConfig } from './cloud-init.ts';
import type { QemuConfig } from './config.ts';

/** A mistake that only shows when several fields are seen together, or that a type cannot tell. */
export interface Mistake {
  readonly path: (string | number)[];
  readonly message: string;
}

const MIB = 2 ** 20;
const LEAST_MEMORY = 32 * MIB;
/** Names of children that every machine has. `ssh` is not among them: a forward of that name replaces ours. */
const TAKEN = ['power', 'flasher', 'console', 'vnc', 'display'];

/** What is wrong with `config` although each field by itself is right. Pure; files are looked at by `locateFiles`. */
export function checkConfig(config: QemuConfig): Mistake[] {
  return [
    machine,
    directBoot,
    firmware,
    memory,
    network,
    hostPorts,
    consoleLimit,
    userData,
    extraArgs,
    pool,
  ].flatMap((check) => check(config));
}

function machine({ arch, machine: name }: QemuConfig): Mistake[] {
  const known = architectureOf(arch);
  if (name === undefined || known.machines.test(name)) return [];
  const message = `allowed with arch ${arch}: ${known.machine}, ${known.machinePrefix}VERSION`;
  return [{ path: ['machine'], message }];
}

function directBoot({ kernel, initrd, append, firmware: chosen }: QemuConfig): Mistake[] {
  const mistakes: Mistake[] = [];
  if (kernel !== undefined && chosen !== undefined)
    mistakes.push({
      path: ['firmware'],
      message: 'leave it out: a machine with kernel starts without firmware',
    });
  if (kernel === undefined && initrd !== undefined)
    mistakes.push({ path: ['initrd'], message: 'allowed only together with kernel' });
  if (kernel === undefined && append !== undefined)
    mistakes.push({ path: ['append'], message: 'allowed only together with kernel' });
  return mistakes;
}

function firmware({ arch, firmware: chosen, partitions }: QemuConfig): Mistake[] {
  if (architectureOf(arch).hasBios) return [];
  const message = `there is no BIOS on ${arch}; allowed: uefi, or {code, vars}`;
  const mistakes: Mistake[] = [];
  if (chosen === 'bios') mistakes.push({ path: ['firmware'], message });
  if (partitions.bios !== undefined) mistakes.push({ path: ['partitions', 'bios'], message });
  return mistakes;
}

function consoleLimit({ consoleLimit: limit }: QemuConfig): Mistake[] {
  return parseSize(limit) < MIB ? [{ path: ['consoleLimit'], message: 'expected 1MiB or more' }] : [];
}

function memory({ memory: size, tbSize }: QemuConfig): Mistake[] {
  const mistakes: Mistake[] = [];
  if (parseSize(size) % MIB !== 0 || parseSize(size) < LEAST_MEMORY)
    mistakes.push({ path: ['memory'], message: 'expected whole MiB, 32MiB or more' });
  if (parseSize(tbSize) % MIB !== 0 || parseSize(tbSize) < MIB)
    mistakes.push({ path: ['tbSize'], message: 'expected whole MiB, 1MiB or more' });
  return mistakes;
}

function network({ network: kind, forwards }: QemuConfig): Mistake[] {
  const reserved = Object.keys(forwards)
    .filter((name) => TAKEN.includes(name))
    .map((name) => ({
      path: ['forwards', name],
      message: `every machine has a child of that name; not allowed: ${TAKEN.join(', ')}`,
    }));
  if (kind !== 'none' || Object.keys(forwards).length === 0) return reserved;
  return [
    ...reserved,
    { path: ['forwards'], message: "network 'none' has none; allowed with: user, isolated" },
  ];
}

function hostPorts({ forwards }: QemuConfig): Mistake[] {
  const seen = new Map<string, string>();
  return Object.entries(forwards).flatMap(([name, { hostAddress, hostPort }]) => {
    const address = `${hostAddress}:${hostPort}`;
    const first = seen.get(address);
    seen.set(address, first ?? name);
    if (hostPort === 0 || first === undefined) return [];
    return [{ path: ['forwards', name, 'hostPort'], message: `forwards.${first} has ${address} already` }];
  });
}

/** What a machine cannot have whose forks are kept ready. */
function pool({ pool: sizes, image, partitions, kernel, cdrom, disks, forwards }: QemuConfig): Mistake[] {
  if (!sizes) return [];
  const mistakes: Mistake[] = [];
  if (image === undefined && partitions.root === undefined && kernel === undefined && cdrom === undefined)
    mistakes.push({
      path: ['pool'],
      message:
        'there is nothing to boot when the machine is opened: it needs image, partitions.root, kernel or cdrom',
    });
  if (sizes.max < 2)
    mistakes.push({
      path: ['pool', 'max'],
      message: 'expected 2 or more: the machine that is served is one of them',
    });
  for (const [index, { readonly }] of disks.entries())
    if (!readonly)
      mistakes.push({
        path: ['disks', index],
        message: 'all machines of a pool would write to it; make it readonly, or leave pool out',
      });
  for (const [name, { hostPort }] of Object.entries(forwards))
    if (hostPort !== 0)
      mistakes.push({
        path: ['forwards', name, 'hostPort'],
        message: 'machines of a pool get free ports, which describe() tells; leave it out, or leave pool out',
      });
  return mistakes;
}

function userData({ cloudInit }: QemuConfig): Mistake[] {
  const data = cloudInit ? cloudInit.userData : undefined;
  if (typeof data !== 'string') return [];
  const path = ['cloudInit', 'userData'];
  if (!KINDS_OF_USER_DATA.test(data)) return [{ path, message: EXPECTED_USER_DATA }];
  const mistake = isCloudConfig(data) ? parseCloudConfig(data).mistake : undefined;
  return mistake === undefined ? [] : [{ path, message: mistake }];
}

/** How text begins that cloud-init knows and that may be one part of several. */
const KINDS_OF_USER_DATA =
  /^(?:#cloud-(?:config|boothook|config-archive)|#!|#include|#part-handler|## template: )/;
const EXPECTED_USER_DATA =
  "expected an object, or text that begins with '#cloud-config', '#!', '#include' or another line that cloud-init knows";

/** Options of QEMU that open a file as a disk and guess its format. */
const GUESSING = /^--?(?:hd[a-d]|fd[ab]|cdrom|sd|mtdblock|pflash)$/;

/** A guest that writes the beginning of its raw disk would choose the format that is guessed, and with it files of the host. */
function extraArgs({ extraArgs: args }: QemuConfig): Mistake[] {
  return args.flatMap((arg, index) => {
    const value = args[index + 1] ?? '';
    const guesses =
      /^--?drive$/.test(arg) && /(?:^|,)file=/.test(value) && !/(?:^|,)(?:format|driver)=/.test(value);
    if (!guesses && !GUESSING.test(arg)) return [];
    const message = 'QEMU would guess the format of that file; allowed: -drive with format=, or -blockdev';
    return [{ path: ['extraArgs', index], message }];
  });
}
