/** One member of a cpio archive. */
export type CpioMember =
  | { readonly path: string; readonly kind: 'dir'; readonly mode?: number }
  | { readonly path: string; readonly kind: 'file'; readonly data: Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly kind: 'link'; readonly target: string }
  | { readonly path: string; readonly kind: 'chardev'; readonly major: number; readonly minor: number };

const TYPE = { dir: 0o040000, file: 0o100000, link: 0o120000, chardev: 0o020000 } as const;
const DEFAULT_MODE = { dir: 0o755, file: 0o644, link: 0o777, chardev: 0o600 } as const;

/**
 * An archive in the format that the kernel unpacks as its initramfs (`newc`), everything owned by root and dated 1970,
 * so that equal members give equal bytes. Folders must come before what is in them: the kernel creates none by itself.
 */
export function writeCpio(members: readonly CpioMember[]): Buffer {
  const chunks = members.map((member, index) => record(member, index + 1));
  const trailer = record({ path: 'TRAILER!!!', kind: 'file', data: new Uint8Array(), mode: 0 }, 0);
  return Buffer.concat([...chunks, trailer]);
}

function record(member: CpioMember, inode: number): Buffer {
  const name = Buffer.from(`${member.path.replace(/^\/+/, '')}\0`);
  const data = content(member);
  const mode =
    TYPE[member.kind] |
    ('mode' in member ? (member.mode ?? DEFAULT_MODE[member.kind]) : DEFAULT_MODE[member.kind]);
  const [major, minor] = member.kind === 'chardev' ? [member.major, member.minor] : [0, 0];
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return Buffer.concat([header, name, padding(header.length + name.length), data, padding(data.length)]);
}

function content(member: CpioMember): Buffer {
  if (member.kind === 'file') return Buffer.from(member.data);
  return member.kind === 'link' ? Buffer.from(member.target) : Buffer.alloc(0);
}

const padding = (length: number) => Buffer.alloc((4 - (length % 4)) % 4);
