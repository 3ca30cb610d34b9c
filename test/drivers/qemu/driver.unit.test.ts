import { expect, expectTypeOf, test } from 'vitest';
import { type QemuChildren, qemu, qemuRig } from '../../../src/drivers/qemu/index.ts';
import type { Display, Ssh, TcpNetwork } from '../../../src/interfaces/index.ts';

test('a machine has these children, in this order', () => {
  expect(Object.keys(qemu().children)).toEqual(['power', 'flasher', 'console', 'vnc', 'ssh']);
  expect(Object.keys(qemuRig.children)).toEqual(['power', 'flasher', 'console', 'vnc', 'ssh']);
});

test('each forward is one more; one named ssh replaces ours', () => {
  const web = qemu({ forwards: { web: { guestPort: 80 } } });
  expect(Object.keys(web.children)).toEqual(['power', 'flasher', 'console', 'vnc', 'ssh', 'web']);
  expectTypeOf(web.children.web.interface).toEqualTypeOf<typeof TcpNetwork>();
  expectTypeOf(web.children.ssh.interface).toEqualTypeOf<typeof Ssh>();
  const own = qemu({ forwards: { ssh: { guestPort: 2222 } } });
  expect(own.children.ssh.interface.id).toBe('tcp-network.v1');
  expectTypeOf(own.children.ssh.interface).toEqualTypeOf<typeof TcpNetwork>();
});

test('what a machine lacks is not among its children', () => {
  const blind = qemu({ display: 'none' });
  expect(Object.keys(blind.children)).toEqual(['power', 'flasher', 'console', 'ssh']);
  expectTypeOf<keyof typeof blind.children>().toEqualTypeOf<'power' | 'flasher' | 'console' | 'ssh'>();
  const alone = qemu({ network: 'none' });
  expect(Object.keys(alone.children)).toEqual(['power', 'flasher', 'console', 'vnc']);
  expectTypeOf<QemuChildren<{ network: 'none' }>['vnc']['interface']>().toEqualTypeOf<typeof Display>();
});

test('a mistake is found before anything starts', () => {
  expect(() => qemu({ memory: '1MiB', cpus: 0 })).toThrow(
    expect.objectContaining({ code: 'config', message: expect.stringContaining('cpus: got 0') }),
  );
});
