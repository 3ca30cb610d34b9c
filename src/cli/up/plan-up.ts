import { mistake } from '../../core/index.ts';
import { hostArch, type QemuConfigInput } from '../../drivers/qemu/index.ts';
import { checkArch, type ImageArch } from '../../images/index.ts';

/** The options of `jumplead up`, as they were typed. */
export interface UpOptions {
  readonly arch?: string;
  readonly memory: string;
  readonly cpus: string;
  readonly diskSize?: string;
  readonly firmware?: string;
  readonly publish?: readonly string[];
  readonly ready: string;
  readonly cold?: boolean;
  readonly out?: string;
}

/** What is to be started, and what is to be run with it: nothing if that is empty. */
export interface UpWords {
  readonly image: string;
  readonly command: readonly string[];
}

/** Tells the command, which stands after the first `--` of `argv`, from the image among all `words`. @throws ConfigError */
export function readWords(words: readonly string[], argv: readonly string[]): UpWords {
  const dashes = argv.indexOf('--');
  const command = dashes === -1 ? [] : argv.slice(dashes + 1);
  const [image = 'debian-12', stray] = words.slice(0, words.length - command.length);
  if (stray === undefined) return { image, command };
  throw mistake(
    'command',
    `got ${JSON.stringify(stray)} after the image; a command stands after --: jumplead up ${image} -- COMMAND`,
  );
}

/** A machine with its image, with every default filled in. */
export interface UpPlan {
  readonly image: string;
  readonly arch: ImageArch;
  readonly machine: QemuConfigInput;
  /** What the console shows when it has booted. */
  readonly ready: RegExp;
  /** Folder for transcript and command line. */
  readonly out: string | undefined;
}

/** Plans the machine. @throws ConfigError that names the option; the machine itself is checked when it is made */
export function planUp(image: string, options: UpOptions): UpPlan {
  const { memory, cpus, diskSize, firmware, publish = [], ready, cold = false, out } = options;
  const arch = checkArch(options.arch ?? hostArch() ?? process.arch);
  if (!/^\d+$/.test(cpus)) throw mistake('--cpus', `expected a whole number, got ${JSON.stringify(cpus)}`);
  return {
    ...{ image, arch, out, ready: readPattern(ready) },
    machine: {
      ...{ arch, memory: memory as `${number}GiB`, cpus: Number(cpus) }, // SAFE: QemuConfig checks it
      ...(diskSize !== undefined && { diskSize: diskSize as `${number}GiB` }), // SAFE: likewise
      ...(firmware !== undefined && { firmware: firmware as 'uefi' }), // SAFE: likewise
      forwards: Object.fromEntries(publish.map(readPublished)),
      ...(!cold && { boot: { remember: true, ready: { console: ready } } }),
    },
  };
}

function readPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw mistake('--ready', `expected a regular expression, got ${JSON.stringify(text)}`, { cause });
  }
}

/** `8080:80`: port 80 of the guest at port 8080 of this host; `80`: at one that is free. */
function readPublished(text: string): [string, { guestPort: number; hostPort: number }] {
  const [, host = '0', guest = ''] = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text) ?? [];
  const [hostPort, guestPort] = [Number(host), Number(guest)];
  if (guestPort >= 1 && guestPort <= MAX_PORT && hostPort <= MAX_PORT)
    return [`port-${guestPort}`, { guestPort, hostPort }];
  throw mistake(
    '--publish',
    `expected GUEST or HOST:GUEST, ports from 1 to ${MAX_PORT}, got ${JSON.stringify(text)}`,
  );
}

const MAX_PORT = 65_535;
