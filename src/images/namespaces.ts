import { LaunchError, runTool } from '../core/index.ts';
import { asOwner } from './debian-plan.ts';
import { type BuildHost, toolPath } from './tools.ts';

/**
 * Makes sure that files of other owners can be made here: by root in namespaces of its own, by others in a user
 * namespace. Tried for real, because there are many ways to forbid it.
 *
 * @throws LaunchError saying what is needed.
 */
export async function ensureNamespaces(
  host: BuildHost,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const [program, ...args] = asOwner(['true'], host);
  try {
    await runTool(program, args, { ...options, env: { PATH: toolPath() } });
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    const { command, exitCode, signal, stderr } = error;
    const hint = host.isRoot ? HINT_ROOT : HINT_USER;
    throw new LaunchError(
      `cannot build an image ${host.isRoot ? 'as root' : 'without root'} on this host\n${hint}\n${error.message}`,
      { command, exitCode, signal, stderr, hint },
      { cause: error },
    );
  }
}

const HINT_ROOT = 'mounting must be allowed: in a container, run it with --privileged or with CAP_SYS_ADMIN';
const HINT_USER = [
  'run it as root, or let this user have other users of its own:',
  'apt-get install uidmap; usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER";',
  'sysctl kernel.unprivileged_userns_clone=1 (where there is such a setting)',
].join(' ');
