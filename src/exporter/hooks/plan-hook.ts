import { extname } from 'node:path';
import type { Hook } from './hook.ts';

/** Interpreters by what they are called on different hosts, the first that is there is taken. */
const SHELL = ['/bin/sh'];
const PYTHON = ['python3', 'python'];

/** How a hook is run: by the first of `interpreters` that is there, with `args`. */
export interface HookPlan {
  readonly interpreters: readonly string[];
  readonly args: readonly string[];
}

/** The file that a script may name: it has one line. */
export function fileInScript(script: string): string | undefined {
  const line = script.trim();
  return line === '' || line.includes('\n') ? undefined : line;
}

/** How `hook` is run; `file` is the file that its script names, if that is there. */
export function planHook({ script, exec }: Hook, file: string | undefined): HookPlan {
  const isPython = file !== undefined && extname(file).toLowerCase() === '.py';
  return {
    interpreters: exec === undefined ? (isPython ? PYTHON : SHELL) : [exec],
    args: file === undefined ? ['-c', script] : [file],
  };
}

/** What a hook knows of its lease. */
export interface HookSituation {
  /** The private socket of the session. */
  readonly socket: string;
  readonly leaseName: string;
  readonly clientName: string;
  /** The file to which the hook may write a message for whoever connects. */
  readonly motdFile?: string | undefined;
}

/** The environment of a hook: `base`, and what it needs to know. Nothing in it asks questions. */
export function hookEnvironment(base: NodeJS.ProcessEnv, situation: HookSituation): NodeJS.ProcessEnv {
  const { PS1: _, ...rest } = base;
  const { socket, leaseName, clientName, motdFile } = situation;
  return {
    ...rest,
    JUMPSTARTER_HOST: socket,
    JMP_DRIVERS_ALLOW: 'UNSAFE',
    LEASE_NAME: leaseName,
    CLIENT_NAME: clientName,
    TERM: 'dumb',
    DEBIAN_FRONTEND: 'noninteractive',
    GIT_TERMINAL_PROMPT: '0',
    ...(motdFile !== undefined && { JMP_MOTD_FILE: motdFile }),
  };
}
