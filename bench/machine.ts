import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  readonly python: string;
  readonly qemu: string;
  /** Of the last minute: above nought, something else was at work. */
  readonly load: string;
}

/** Looks at this machine. */
export function describeMachine(versions: { readonly python: string; readonly qemu: string }): Machine {
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `Linux ${release().split('-')[0]} ${arch()}`,
    node: process.version,
    load: (loadavg()[0] ?? 0).toFixed(1),
    ...versions,
  };
}
