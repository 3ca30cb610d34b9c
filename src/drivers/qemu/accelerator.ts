import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { LaunchError } from '../../core/index.ts';
import { recallVerdict, rememberVerdict, type VerdictKey, verdictPath } from './accelerator-memory.ts';
import { type ProofOptions, proveAccelerator, type Verdict } from './accelerator-proof.ts';
import { type Arch, architectureOf } from './architectures.ts';
import type { QemuConfig } from './config.ts';
import { configMistake } from './config-mistake.ts';
import type { UefiFirmware } from './firmware-descriptors.ts';
import type { Accelerator, QemuProgram } from './host-facts.ts';

/** What deciding on an accelerator needs to know of the host. */
export interface AcceleratorHost {
  readonly platform: NodeJS.Platform;
  /** The host's architecture, if machines of it can be made. */
  readonly arch: Arch | undefined;
  readonly qemu: QemuProgram;
  readonly kvmDevice: string;
  /** Different at every start of the host, where the host tells. */
  readonly bootId: string | undefined;
  readonly cacheDir: string;
  /** What QEMU is started through. */
  readonly wrapper: readonly string[];
  /** The firmware that the proof runs; asked for only when there is to be one. */
  readonly firmware: () => Promise<UefiFirmware>;
}

type Wish = Pick<QemuConfig, 'accelerator' | 'arch' | 'cpu' | 'machine'>;
type Native = 'kvm' | 'hvf';

const NATIVE: Partial<Record<NodeJS.Platform, Native>> = { linux: 'kvm', darwin: 'hvf' };

/**
 * The accelerator for a machine, and why it was chosen. `auto` takes the host's own only where it was seen to run firmware,
 * and is never an error.
 *
 * @throws ConfigError when the one that was asked for cannot exist here, LaunchError when it does not work, saying how.
 */
export async function probeAccelerator(
  wish: Wish,
  host: AcceleratorHost,
  options: ProofOptions = {},
): Promise<Accelerator> {
  if (wish.accelerator === 'tcg') return { name: 'tcg', reason: 'it was asked for' };
  const wanted = wish.accelerator === 'auto' ? NATIVE[host.platform] : wish.accelerator;
  if (wanted === undefined) return { name: 'tcg', reason: `there is no accelerator for ${host.platform}` };
  const auto = wish.accelerator === 'auto';
  const impossible = findImpossible(wanted, wish, host);
  if (impossible !== undefined && auto) return { name: 'tcg', reason: impossible };
  if (impossible !== undefined)
    throw configMistake('accelerator', wanted, `${impossible}; allowed: auto, tcg`);
  const obstacle = await findObstacle(wanted, host);
  const verdict =
    obstacle === undefined ? await judge(wanted, wish, host, options) : { ...UNTRIED, evidence: obstacle };
  if (verdict.works) return { name: wanted, reason: verdict.evidence };
  if (auto) return { name: 'tcg', reason: `${wanted} does not work: ${firstWords(verdict)}` };
  throw broken(wanted, verdict);
}

const UNTRIED: Verdict = {
  works: false,
  evidence: '',
  command: '',
  exitCode: null,
  signal: null,
  stderr: '',
};

/** Why `wanted` cannot be, whatever is repaired. */
function findImpossible(wanted: Native, { arch }: Wish, host: AcceleratorHost): string | undefined {
  if (NATIVE[host.platform] !== wanted) return `${host.platform} has no ${wanted}`;
  if (host.arch !== arch) return `the guest is ${arch}, the host ${host.arch ?? 'of another architecture'}`;
  return undefined;
}

/** Why `wanted` need not be tried. */
async function findObstacle(
  wanted: Native,
  { qemu, kvmDevice }: AcceleratorHost,
): Promise<string | undefined> {
  if (!qemu.accelerators.has(wanted)) return `${qemu.binary} was built without it`;
  if (wanted !== 'kvm') return undefined;
  return access(kvmDevice, constants.R_OK | constants.W_OK).then(
    () => undefined,
    ({ code }: NodeJS.ErrnoException) =>
      code === 'ENOENT' ? `there is no ${kvmDevice}` : `${kvmDevice} may not be opened (${code})`,
  );
}

/** The verdict on `wanted`: the one remembered of the host's present run, or a new one. */
async function judge(
  wanted: Native,
  wish: Wish,
  host: AcceleratorHost,
  options: ProofOptions,
): Promise<Verdict> {
  const { binary, version } = host.qemu;
  const known = architectureOf(wish.arch);
  const machine = [wish.machine ?? known.machine, ...known.machineProperties[wanted]].join(',');
  const tried = { binary, accelerator: wanted, machine, cpu: wish.cpu ?? known.cpu[wanted] };
  const key: VerdictKey = { bootId: host.bootId, version, ...tried };
  const recalled = await recallVerdict(host.cacheDir, key);
  const path = verdictPath(host.cacheDir, key);
  if (recalled) return { ...recalled, evidence: `${recalled.evidence} (remembered in ${path})` };
  const firmware = await host.firmware().catch((error: unknown) => withoutFirmware(error, options));
  if ('works' in firmware) return firmware;
  const verdict = await proveAccelerator({ ...tried, wrapper: host.wrapper, firmware }, options);
  await rememberVerdict(host.cacheDir, key, verdict);
  return verdict;
}

/** Nothing that is worth remembering: the firmware may be there the next time. */
function withoutFirmware(error: unknown, { signal }: ProofOptions): Verdict {
  signal?.throwIfAborted();
  const [reason] = String(error instanceof Error ? error.message : error).split('\n');
  return { ...UNTRIED, evidence: `there is no firmware to prove it with: ${reason}` };
}

/** The evidence in a line: with the first thing QEMU said that is more than a warning. */
function firstWords({ evidence, stderr }: Verdict): string {
  const said = stderr.split('\n').find((line) => line !== '' && !line.includes('warning:'));
  return said === undefined ? evidence : `${evidence}: ${said}`;
}

function broken(wanted: Native, { evidence, command, exitCode, signal, stderr }: Verdict): LaunchError {
  const hint = "accelerator: 'auto' takes emulation where nothing better works";
  // What follows are registers; the error's field has them.
  const said = stderr.split('\n').filter(Boolean).slice(0, 10);
  return new LaunchError(
    [`accelerator ${wanted} was asked for and does not work: ${evidence}`, ...said, hint].join('\n'),
    { command, exitCode, signal, stderr, hint },
    { operation: 'open' },
  );
}
