import type { DeviceFacts, Facts } from './facts.ts';
import { type Advice, error, type Finding, judgeKnown, ok, warning } from './finding.ts';

/** The oldest Node.js that the package runs on. */
const OLDEST_NODE = 24;

export function judgeSystem({ system }: Facts): Finding {
  const { name, platform, release, arch, cpus, container } = system;
  const where = container ? ', in a container' : '';
  const summary = `${name}, ${platform} ${release}, ${arch ?? process.arch}, ${cpus} CPUs${where}`;
  if (arch === null)
    return error('system', summary, { notes: ['machines are made on x86_64 and aarch64 hosts only'] });
  if (platform !== 'linux' && platform !== 'darwin')
    return warning('system', summary, { notes: ['tried on Linux; what is said below may be wrong here'] });
  return ok('system', summary);
}

export function judgeNode({ node: { version, path }, system }: Facts): Finding {
  const summary = `${version}, ${path}`;
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return ok('node', summary);
  const notes = [`Node.js ${OLDEST_NODE} or later is needed: https://nodejs.org/en/download`];
  const fix = system.platform === 'darwin' ? [`brew install node@${OLDEST_NODE}`] : [];
  return error('node', summary, { notes, fix });
}

export function judgeVsock({ vsock, system }: Facts): Finding[] {
  if (vsock === null) return [];
  return [
    judgeKnown('vsock', vsock, (device) => {
      const { access, path } = device;
      if (access === 'granted') return ok('vsock', path);
      const { fix = [], notes = [] } = access === 'denied' ? adviseAccess(device) : adviseVsock(path, system);
      const summary = access === 'denied' ? `${path} may not be opened` : `there is no ${path}`;
      const unneeded = 'no machine needs it unless its extraArgs ask for it';
      return warning('vsock', summary, { fix, notes: [unneeded, ...notes] });
    }),
  ];
}

const adviseVsock = (path: string, system: Facts['system']): Advice =>
  system.container
    ? { notes: [`start the container with --device ${path}`] }
    : { fix: [asRoot('modprobe vhost_vsock', system)] };

/** How to be let at a device: by joining its group; where it has none, only a change of the device helps. */
export function adviseAccess({ path, group, member }: DeviceFacts): Advice {
  if (group === null || group === 'root') return { fix: [`sudo chmod a+rw ${path}`] };
  if (member)
    return { fix: [`newgrp ${group}`], notes: [`you are in the group ${group} from the next login on`] };
  return { fix: [`sudo usermod -aG ${group} "$USER"`, `newgrp ${group}`], notes: ['or log in again'] };
}

/** A line to type as root; `sudo` is for those who are not. */
export const asRoot = (line: string, { root }: Pick<Facts['system'], 'root'>): string =>
  root ? line : `sudo ${line}`;
