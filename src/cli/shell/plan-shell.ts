import { basename, join } from 'node:path';

/** A program to be run for the user, and what is in its environment beside the rest. */
export interface ShellPlan {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** The user's shell with a prompt that names `context`; without his start-up files, which would replace it. */
export function planShell(context: string, env: Env): ShellPlan {
  const program = env['SHELL'] || 'bash';
  const name = basename(program);
  if (name.endsWith('bash')) {
    const PS1 = String.raw`\[\e[90m\]\W \[\e[93m\]⚡\[\e[97m\]${context} \[\e[93m\]➤\[\e[0m\] `;
    return { program, args: ['--norc', '--noprofile'], env: { PS1 } };
  }
  if (name === 'zsh') {
    const PS1 = `%F{8}%1~ %F{yellow}⚡%F{white}${context} %F{yellow}➤%f `;
    const HISTFILE = env['HISTFILE'] ?? join(env['HOME'] ?? '', '.zsh_history');
    const args = ['--no-rcs', '-o', 'inc_append_history', '-o', 'share_history'];
    return { program, args, env: { PS1, HISTFILE } };
  }
  if (name === 'fish') return { program, args: ['--init-command', fishPrompt(context)], env: {} };
  return { program, args: [], env: {} };
}

const fishPrompt = (context: string) =>
  [
    'function fish_prompt',
    'set_color grey; printf "%s " (basename $PWD)',
    'set_color yellow; printf "⚡"',
    `set_color white; printf "%s " ${context}`,
    'set_color yellow; printf "➤ "; set_color normal',
    'end',
  ].join('; ');

/** How the session is reached from within the shell. */
export interface ShellReach {
  /** The path of a socket, or `host:port`. */
  readonly host: string;
  /** By TCP: what lets clients in. */
  readonly direct?: {
    readonly insecure: boolean;
    readonly passphrase: string | undefined;
    readonly fingerprint: string | undefined;
    /** A file with the only certificate to trust, for clients that know no fingerprints. */
    readonly roots: string | undefined;
  };
}

/** What another session may have set. */
const STALE = [
  'JMP_EXPORTER',
  'JMP_EXPORTER_LABELS',
  'JMP_LEASE',
  'JMP_GRPC_INSECURE',
  'JUMPSTARTER_GRPC_INSECURE',
  'JMP_GRPC_PASSPHRASE',
  'JUMPLEAD_FINGERPRINT',
];

/** `base`, so that `jl`, Jumpstarter's `j` and Python tests find the session. */
export function shellEnvironment(base: NodeJS.ProcessEnv, { host, direct }: ShellReach): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name]) => !STALE.includes(name));
  return {
    ...Object.fromEntries(kept),
    JUMPSTARTER_HOST: host,
    JMP_DRIVERS_ALLOW: 'UNSAFE',
    _JMP_SUPPRESS_DRIVER_WARNINGS: '1',
    ...(direct && { JMP_EXPORTER: 'direct', JMP_LEASE: 'direct' }),
    ...(direct?.insecure && { JMP_GRPC_INSECURE: '1' }),
    ...(direct?.passphrase !== undefined && { JMP_GRPC_PASSPHRASE: direct.passphrase }),
    ...(direct?.fingerprint !== undefined && { JUMPLEAD_FINGERPRINT: direct.fingerprint }),
    ...(direct?.roots !== undefined && { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: direct.roots }),
  };
}
