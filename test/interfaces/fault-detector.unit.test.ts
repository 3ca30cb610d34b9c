import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultDetector } from '../../src/interfaces/fault-detector.ts';

/** What is found when the text comes in these pieces: `EVENT: line`, `end`, `boot`. */
function detect(...pieces: readonly string[]): string[] {
  const detector = new FaultDetector();
  return pieces
    .flatMap((piece) => detector.push(piece))
    .map((sign) => (sign.kind === 'fault' ? `${sign.pattern.event}: ${sign.line}` : sign.kind));
}

const OOPS = [
  '[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000000',
  '[   12.345680] #PF: supervisor write access in kernel mode',
  '[   12.345690] Oops: 0002 [#1] PREEMPT SMP NOPTI',
  '[   12.345700] CPU: 0 PID: 1 Comm: init Not tainted 6.1.0-18-amd64 #1  Debian 6.1.76-1',
  '[   12.345710] ---[ end trace 0000000000000000 ]---',
  '',
].join('\r\n');

describe('a fault is known by', () => {
  test.for<[string, string]>([
    [
      '[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n',
      'GUEST_PANICKED',
    ],
    ['[    1.000000][    T1] Kernel panic - not syncing: Attempted to kill init!\r\n', 'GUEST_PANICKED'],
    ['Kernel panic - not syncing: Fatal exception in interrupt\r\n', 'GUEST_PANICKED'],
    ['root@tiny:~# [  123.000000] Kernel panic - not syncing: sysrq triggered crash\r\n', 'GUEST_PANICKED'],
    ['[    2.000000] BUG: unable to handle page fault for address: ffffffffc0000000\r\n', 'GUEST_OOPS'],
    ['[    2.000000] kernel BUG at fs/ext4/inode.c:2745!\r\n', 'GUEST_OOPS'],
    ['[    2.000000] general protection fault, probably for non-canonical address\r\n', 'GUEST_OOPS'],
    [
      '[    2.000000] Unable to handle kernel NULL pointer dereference at virtual address 0\r\n',
      'GUEST_OOPS',
    ],
    ['[    2.000000] Internal error: Oops: 0000000096000004 [#1] SMP\r\n', 'GUEST_OOPS'],
    [
      '[   99.000000] Out of memory: Killed process 123 (tail) total-vm:190000kB, anon-rss:180000kB\r\n',
      'OUT_OF_MEMORY',
    ],
    ['You are in emergency mode. After logging in, type "journalctl -xb" to view\r\n', 'EMERGENCY_MODE'],
    ['You are in rescue mode. After logging in, type "journalctl -xb" to view\r\n', 'EMERGENCY_MODE'],
    ['Entering emergency mode. Exit the shell to continue.\r\n', 'EMERGENCY_MODE'],
    ['ALERT!  UUID=4711 does not exist.  Dropping to a shell!\r\n', 'EMERGENCY_MODE'],
    ['BusyBox v1.35 built-in shell (ash)\r\n\r\n(initramfs) ', 'EMERGENCY_MODE'],
    ['initramfs: no disk answers to root=LABEL=rootfs; these are there:\r\n', 'EMERGENCY_MODE'],
    ['No bootable device.\r\n', 'NOTHING_TO_BOOT'],
    ['BdsDxe: No bootable option or device was found.\r\n', 'NOTHING_TO_BOOT'],
    ['error: no such partition.\r\nEntering rescue mode...\r\ngrub rescue> ', 'NOTHING_TO_BOOT'],
    ['\x1b[2J\x1b[01;01H\r\n\x1b[1m\x1b[33m\x1b[40mShell> \x1b[0m\x1b[37m\x1b[40m', 'FIRMWARE_SHELL'],
    ['\x1b[31mYou are in \x1b[1memergency mode\x1b[0m. After\r\n', 'EMERGENCY_MODE'],
  ])('%j', ([text, event]) => {
    expect(detect(text)).toEqual([expect.stringMatching(`^${event}: `)]);
  });
});

describe('no fault is', () => {
  test.for([
    'Nov 25 19:50:22 lab kernel: [   12.345678] Kernel panic - not syncing: Fatal exception\r\n',
    "root@tiny:~# grep 'Kernel panic - not syncing' /var/log/syslog\r\n",
    '[    0.100000] Kernel command line: panic=-1 oops=panic\r\n',
    '[   50.000000] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [cc1:123]\r\n',
    '[   50.000000] rcu: INFO: rcu_sched self-detected stall on CPU\r\n',
    '[   50.000000] traps: test[12] general protection fault ip:7f sp:7f error:0 in libc.so.6\r\n',
    '[   50.000000] Memory cgroup out of memory: Killed process 12 (tail)\r\n',
    'UEFI Interactive Shell v2.2\r\nPress ESC in 5 seconds to skip startup.nsh\r\n',
    'How to get out of emergency mode. You are in emergency mode when\r\n',
    // As a program prints it that runs by `Tty.run`.
    'Kernel panic - not syncing: Fatal exception\n',
    'You are in emergency mode. After logging in\n',
    `${' '.repeat(10_000)}Shell> `,
  ])('%j', (text) => {
    expect(detect(text)).toEqual([]);
  });

  test('what a kernel that stamps its messages has not stamped', () => {
    expect(detect('[    1.000000] Run /init\r\nKernel panic - not syncing: as cat shows it\r\n')).toEqual([]);
  });

  test('what dmesg repeats, whether or not it was told the first time', () => {
    const again = '[   20.000000] systemd[1]: Started\r\nroot@tiny:~# dmesg\r\n';
    expect(detect(OOPS, again, OOPS)).toHaveLength(2);
    expect(detect(again, OOPS)).toEqual([]);
    expect(detect(OOPS, OOPS)).toHaveLength(2);
  });
});

describe('what belongs together is told once', () => {
  test('an oops with its trace', () => {
    expect(detect(OOPS)).toEqual([
      'GUEST_OOPS: BUG: kernel NULL pointer dereference, address: 0000000000000000',
      'end',
    ]);
  });

  test('a panic that an oops leads to', () => {
    const panic =
      '[   12.345705] Kernel panic - not syncing: Fatal exception\r\n[   12.346000] Kernel Offset: disabled\r\n[   12.347000] ---[ end Kernel panic - not syncing: Fatal exception ]---\r\n';
    expect(detect(OOPS.slice(0, OOPS.indexOf('[   12.345710]')), panic)).toEqual([
      expect.stringMatching(/^GUEST_OOPS: /),
      'GUEST_PANICKED: Kernel panic - not syncing: Fatal exception',
      'end',
    ]);
  });

  test('a second oops is another one', () => {
    expect(detect(OOPS, OOPS.replaceAll('12.3', '13.3'))).toHaveLength(4);
  });

  test('a prompt that is typed at', () => {
    expect(detect('\r\nShell> ', 'ls', '\r\n')).toHaveLength(1);
    expect(detect('\r\nShell> ls\r\n')).toHaveLength(1);
  });

  test('another kernel that starts ends what was', () => {
    const boot = '[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)\r\n';
    const panic = '[    1.500000] Kernel panic - not syncing: Attempted to kill init!\r\n';
    expect(detect(`${boot}${OOPS}${boot}${panic}`)).toEqual([
      'boot',
      expect.stringMatching(/^GUEST_OOPS: /),
      'end',
      'boot',
      expect.stringMatching(/^GUEST_PANICKED: /),
    ]);
  });
});

test('of a line that is too long nothing is found, and the next one is a line again', () => {
  const long = 'x'.repeat(5_000);
  expect(detect(long, 'Shell> ', '\r\n', 'Shell> ')).toEqual(['FIRMWARE_SHELL: Shell>']);
  expect(detect(long, 'No bootable device.\r\nNo bootable device.\r\n')).toHaveLength(1);
});

test('what is found does not depend on how the text was cut', () => {
  const line = fc.constantFrom(
    ...OOPS.split('\r\n'),
    '[    0.000000] Linux version 6.1',
    '[    9.000000] Kernel panic - not syncing: x',
    '[    9.100000] ---[ end Kernel panic - not syncing: x ]---',
    '[   13.000000] Out of memory: Killed process 1 (a)',
    '\x1b[1mYou are in emergency mode\x1b[0m',
    '\x1b]0;title\x07Shell> ls',
    'login: root',
    'grüße',
  );
  const text = fc
    .array(fc.tuple(line, fc.constantFrom('\r\n', '\r\n', '\n', '\r\r\n')))
    .map((lines) => lines.flat().join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(2_000)), (whole, cuts) => {
      const ends = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].toSorted(
        (a, b) => a - b,
      );
      const pieces = ends.slice(1).map((end, index) => whole.slice(ends[index], end));
      expect(detect(...pieces)).toEqual(detect(whole));
    }),
  );
});
