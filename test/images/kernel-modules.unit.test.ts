import { describe, expect, test } from 'vitest';
import { loadOrder, parseNeeds } from '../../src/images/kernel-modules.ts';

const kernel: Readonly<Record<string, readonly string[]>> = {
  virtio: ['virtio_ring'],
  virtio_ring: [],
  virtio_pci: ['virtio', 'virtio_ring'],
  virtio_blk: ['virtio', 'virtio_ring'],
};
const needsOf = async (name: string) => {
  const needs = kernel[name];
  return needs && { file: `${name}.ko`, needs };
};

describe('loadOrder', () => {
  test('puts every module after those that it needs, each once', async () => {
    const order = await loadOrder(['virtio-blk', 'virtio_pci', 'virtio_blk'], needsOf);
    expect(order.map(({ name }) => name)).toEqual(['virtio_ring', 'virtio', 'virtio_blk', 'virtio_pci']);
  });

  test('leaves out what the kernel has built in', async () => {
    expect(await loadOrder(['evdev'], needsOf)).toEqual([]);
  });
});

describe('parseNeeds', () => {
  const modinfo = (text: string) => Buffer.from(`\x7fELF\0license=GPL\0${text}\0name=x\0`);

  test('reads the names, with underscores', () => {
    expect(parseNeeds(modinfo('depends=virtio,crc64-rocksoft'))).toEqual(['virtio', 'crc64_rocksoft']);
  });

  test('a module may need none', () => {
    expect(parseNeeds(modinfo('depends='))).toEqual([]);
    expect(parseNeeds(modinfo('alias=x'))).toEqual([]);
  });
});
