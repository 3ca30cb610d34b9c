import { chmod, mkdir, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connected, serve } from 'jumplead';
import { buildTinyGuest } from 'jumplead/images';
import { qemu } from 'jumplead/qemu';
import { pino } from 'pino';
import { vi } from 'vitest';

/** What the tiny guest shows when it waits for a command. */
export const PROMPT = 'root@tiny:~# ';

/** Of a guest that boots: it is never waited for in vain, unless something is wrong. */
export const BOOT = { timeout: '5m' } as const;

/** A tiny guest of this architecture as configuration of a machine: it starts within seconds, also when emulated. */
export async function tinyGuest<A extends 'x86_64' | 'aarch64'>(arch: A) {
  const guest = await buildTinyGuest({ arch });
  return { arch, memory: '256MiB', cloudInit: false, accelerator: 'tcg', ...guest } as const;
}

/** The session of a machine with this configuration, silent. */
export function serveQemu<const C extends NonNullable<Parameters<typeof qemu>[0]>>(
  config: C,
  artifacts?: string,
): Promise<Connected<ReturnType<typeof qemu<C>>>> {
  return serve(qemu(config), { artifacts, log: pino({ level: 'silent' }) });
}

/**
 * A folder in which everything of jumplead lies until it is disposed of: runs, sockets, flashed images, and what a test puts
 * there. Guests that are built once for all are to be asked for before.
 */
export async function openHome(): Promise<{ readonly path: string } & AsyncDisposable> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-acceptance-'));
  // As root we run QEMU as another user, who must get at its files.
  await chmod(folder.path, 0o711);
  const runtime = join(folder.path, 'run');
  await mkdir(runtime, { mode: 0o711 });
  vi.stubEnv('XDG_STATE_HOME', join(folder.path, 'state'));
  vi.stubEnv('XDG_RUNTIME_DIR', runtime);
  vi.stubEnv('JUMPLEAD_CACHE', join(folder.path, 'cache'));
  return {
    path: folder.path,
    [Symbol.asyncDispose]: async () => {
      vi.unstubAllEnvs();
      await folder.remove();
    },
  };
}
