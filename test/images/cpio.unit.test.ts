import { expect, test } from 'vitest';
import { writeCpio } from '../../src/images/cpio.ts';
import { parentFolders } from '../../src/images/initramfs.ts';

test('writes the format that the kernel unpacks', () => {
  const archive = writeCpio([
    { path: '/dev', kind: 'dir' },
    { path: '/dev/console', kind: 'chardev', major: 5, minor: 1 },
    { path: '/init', kind: 'file', data: Buffer.from('hello'), mode: 0o755 },
    { path: '/sh', kind: 'link', target: 'busybox' },
  ]);
  expect(archive.length % 4).toBe(0);
  expect(members(archive)).toEqual([
    { name: 'dev', mode: 0o040755, device: [0, 0], data: '' },
    { name: 'dev/console', mode: 0o020600, device: [5, 1], data: '' },
    { name: 'init', mode: 0o100755, device: [0, 0], data: 'hello' },
    { name: 'sh', mode: 0o120777, device: [0, 0], data: 'busybox' },
    { name: 'TRAILER!!!', mode: 0o100000, device: [0, 0], data: '' },
  ]);
});

test('lists every folder above its files, outermost first', () => {
  const folders = parentFolders(['/etc/udhcpc/default.script', '/etc/passwd', '/init']);
  expect(folders.map(({ path }) => path)).toEqual(['/etc', '/etc/udhcpc']);
});

/** A reader written from the format's description: 13 fields of eight hex digits, everything padded to four bytes. */
function members(archive: Buffer) {
  const found = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const up = (offset: number) => Math.ceil(offset / 4) * 4;
    const [mode, size, major, minor, nameSize] = [field(1), field(6), field(9), field(10), field(11)];
    const dataAt = up(at + 110 + nameSize);
    const name = archive.toString('utf8', at + 110, at + 109 + nameSize);
    found.push({ name, mode, device: [major, minor], data: archive.toString('utf8', dataAt, dataAt + size) });
    at = up(dataAt + size);
  }
  return found;
}
