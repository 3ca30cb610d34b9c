import type { PackageManager } from '../packages/needs.js';
import type { SystemFacts } from './facts.ts';

/** The families of systems by the ids in their os-release, and how packages are installed there. */
const MANAGERS: Readonly<Record<string, PackageManager>> = {
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  centos: 'dnf',
  arch: 'pacman',
};

/** What a system is called and how it is added to. `text` is its os-release, or of macOS its SystemVersion.plist. */
export function readOsRelease(
  platform: NodeJS.Platform,
  text: string,
): Pick<SystemFacts, 'name' | 'packageManager' | 'ubuntu'> {
  if (platform === 'darwin') {
    const [, version = ''] = /<key>ProductVersion<\/key>\s*<string>([^<]+)</.exec(text) ?? [];
    return { name: `macOS ${version}`.trim(), packageManager: 'brew', ubuntu: false };
  }
  const fields = Object.fromEntries(
    text.split('\n').map((line) => {
      const [name = '', ...value] = line.split('=');
      return [name, value.join('=').replaceAll(/^["']|["']$/g, '')];
    }),
  );
  const ids = [fields['ID'], ...(fields['ID_LIKE'] ?? '').split(' ')].filter((id) => id !== undefined);
  const known = ids.find((id) => id in MANAGERS);
  return {
    name: fields['PRETTY_NAME'] ?? platform,
    packageManager: (known !== undefined && MANAGERS[known]) || null,
    ubuntu: fields['ID'] === 'ubuntu',
  };
}
