import type { Facts } from './facts.ts';
import { error, type Finding, judgeKnown, ok, warning } from './finding.ts';

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
    judgeKnown('vsock', vsock, ({ access, path, group }) => {
      const unneeded = { notes: ['no machine needs it unless its extraArgs ask for it'] };
      if (access === 'granted') return ok('vsock', path);
      const load = system.container ? [] : [asRoot('modprobe vhost_vsock', system)];
      if (access === 'missing') return warning('vsock', `there is no ${path}`, { ...unneeded, fix: load });
      const join = group === null || group === 'root' ? [] : [`sudo usermod -aG ${group} "$USER"`];
      return warning('vsock', `${path} may not be opened`, { ...unneeded, fix: join });
    }),
  ];
}

/** A line to type as root; `sudo` is for those who are not. */
export const asRoot = (line: string, { root }: Pick<Facts['system'], 'root'>): string =>
  root ? line : `sudo ${line}`;
