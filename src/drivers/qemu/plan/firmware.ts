import { join } from 'node:path';
import type { Firmware } from '../firmware.ts';
import { blockNode } from './options.ts';
import type { Circumstances, MachineFiles, Piece } from './types.ts';

/**
 * The firmware in effect: what was flashed goes before what the host has. Either half of UEFI may have been flashed alone;
 * both together make a UEFI machine of any.
 */
export function effectiveFirmware(
  found: Firmware,
  files: Pick<MachineFiles, 'bios' | 'code' | 'vars'>,
): Firmware {
  const { bios, code, vars } = files;
  const half = (path: string | null) => path && ({ path, format: 'raw' } as const);
  if (found.kind === 'none') return found;
  const uefi = found.kind === 'uefi' ? found : undefined;
  const effective = { code: half(code) ?? uefi?.code, vars: half(vars) ?? uefi?.vars };
  if (bios !== null && !code && !vars) return { kind: 'bios', description: `BIOS, ${bios}`, path: bios };
  if (!effective.code || !effective.vars) return found;
  const description = code ? `UEFI, ${code}` : uefi?.description;
  return { kind: 'uefi', description: description ?? 'UEFI', code: effective.code, vars: effective.vars };
}

/** The firmware, or the kernel that is started without one. */
export function firmware(about: Circumstances): Piece {
  const { firmware: effective } = about.host;
  if (effective.kind === 'none') return { args: directKernel(about) };
  if (effective.kind === 'bios') return { args: effective.path ? ['-bios', effective.path] : [] };
  const nvram = join(about.files.runDir, 'nvram.qcow2');
  const { code, vars } = effective;
  return {
    args: [
      ...blockNode('firmware', { ...code, readonly: true }),
      ...blockNode('nvram', { path: nvram, format: 'qcow2', readonly: false }),
    ],
    // An overlay, not a copy: on some machines the template is 64 MiB of which a few kilobytes are ever written.
    files: [
      {
        kind: 'overlay',
        path: nvram,
        node: 'nvram',
        backing: vars.path,
        backingFormat: vars.format,
        size: null,
      },
    ],
  };
}

function directKernel({ config: { kernel, initrd, append } }: Circumstances): string[] {
  const argument = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  return [...argument('-kernel', kernel), ...argument('-initrd', initrd), ...argument('-append', append)];
}
