import type { SshSession, Tty } from '../../client/index.ts';
import { DeviceError } from '../../core/index.ts';
import type { Steps } from '../steps.ts';

/** What the guest must do while it is asked about SELinux. */
export interface Guest {
  readonly tty: Tty;
  readonly openSsh: () => Promise<SshSession>;
}

/**
 * Shows that SELinux enforces, that ssh works while it does, and that it can be made permissive.
 * `optional`: a guest without SELinux is told of, and only ssh is shown.
 */
export async function showSelinux(
  steps: Steps,
  { tty, openSsh }: Guest,
  { optional }: { optional: boolean },
): Promise<void> {
  const enforcing = await steps.run('getenforce', async () => {
    const mode = await readMode(tty);
    if (mode === 'Enforcing' || optional) return { outcome: mode, value: mode === 'Enforcing' };
    throw unexpected('Enforcing', mode);
  });
  await steps.run('ssh: uname -r', async () => {
    await using ssh = await openSsh();
    const { stdout } = await ssh.run(['uname', '-r']);
    return { outcome: `${stdout.trim()}, by key${enforcing ? ', while enforcing' : ''}`, value: undefined };
  });
  if (!enforcing) return;
  await steps.run('sudo setenforce 0', async () => {
    await tty.run('sudo setenforce 0');
    const mode = await readMode(tty);
    if (mode !== 'Permissive') throw unexpected('Permissive', mode);
    return { outcome: `getenforce says ${mode}`, value: undefined };
  });
}

/** sudo, because getenforce lies in /usr/sbin, which is not in a user's PATH on Debian. */
async function readMode(tty: Tty): Promise<string> {
  const { stdout, exitCode } = await tty.run('sudo getenforce', { reject: false });
  return exitCode === 0 ? stdout.trim() : 'no SELinux';
}

function unexpected(wanted: string, got: string): DeviceError {
  return new DeviceError(`getenforce says ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`, {
    event: 'unexpected SELinux mode',
    tail: '',
  });
}
