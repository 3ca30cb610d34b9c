import { expect, test } from 'vitest';
import { privateBytes } from '../../../src/drivers/qemu/space/private-space.ts';

/** Three mappings of a QEMU as Linux shows them: the memory of a guest of 1 GiB, the heap, and a buffer for messages. */
const mappings = (
  sharing: 'p' | 's',
) => `7fae98000000-7faee8000000 rw-${sharing} 00000000 00:19 13586    /dev/shm/#13586 (deleted)
Size:            1048576 kB
Rss:               63296 kB
Pss:               61200 kB
Shared_Clean:          0 kB
Shared_Dirty:          0 kB
Private_Clean:         0 kB
Private_Dirty:     63296 kB
Anonymous:          2156 kB
AnonHugePages:         0 kB
Swap:                  0 kB
VmFlags: rd wr mr mw me dd nh sd
5648fc072000-5648fda9a000 rw-p 00000000 00:00 0                          [heap]
Size:              26784 kB
Rss:                7708 kB
Private_Dirty:      7708 kB
Anonymous:          7708 kB
Swap:                 16 kB
7faf14436000-7faf146ff000 rw-s 00000000 00:01 1026 /memfd:ring (deleted)
Size:               2852 kB
Private_Dirty:       100 kB
Anonymous:             0 kB
Swap:                  0 kB
`;

test('memory that a fork has only read is not its own', () => {
  expect(privateBytes(mappings('p'))).toBe((2_156 + 7_708 + 16 + 100) * 1_024);
});

test('memory that a machine has booted in is', () => {
  expect(privateBytes(mappings('s'))).toBe((63_296 + 7_708 + 16 + 100) * 1_024);
});
