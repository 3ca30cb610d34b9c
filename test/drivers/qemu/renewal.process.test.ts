/** What a fork renews in its guest: what is asked of it, and what becomes of the answers. That it is right a real guest shows (`test/acceptance`). */
import { spawnSync } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { shellLine } from '../../../src/core/index.ts';
import { redirectForwards } from '../../../src/drivers/qemu/machine/redirect-forwards.ts';
import { planRenewal } from '../../../src/drivers/qemu/snapshots/plan-renewal.ts';
import { renewIdentity } from '../../../src/drivers/qemu/snapshots/renew-identity.ts';
import { canMount } from '../../support/small-disk.ts';
import { plan, valuesOf } from './planned.ts';
import { caller, fakeQemu, openTestMachine, readUntil } from './test-machine.ts';

const { signal } = new AbortController();

describe('what is asked', () => {
  const steps = planRenewal({ machineId: 'ID', mac: 'OLD-MAC', newMac: 'NEW-MAC' });

  test('the lease comes after all that it depends on, and nothing that differs is part of a script', () => {
    expect(steps.map(({ what, command }) => [what, command.slice(4)])).toEqual([
      ['machine-id', ['ID']],
      ['ssh host keys', []],
      ['MAC address', ['OLD-MAC', 'NEW-MAC']],
      ['DHCP lease', ['NEW-MAC']],
    ]);
    for (const { command } of steps) expect(command[2]).not.toMatch(/ID|MAC/);
  });

  test.each(steps.map(({ what, command }) => [what, command] as const))(
    'the shell can read it: %s',
    (_, [sh, ...args]) => {
      expect(spawnSync(sh, ['-n', ...args])).toMatchObject({ status: 0, stderr: Buffer.of() });
    },
  );
});

/** A system within this one: an `/etc` of its own, and a network card of its own. */
const SYSTEM = `
mount -t sysfs sysfs /sys; mount -t tmpfs tmpfs /etc; mount -t tmpfs tmpfs /var/lib; mount -t tmpfs tmpfs /run
mkdir -p /etc/ssh /etc/systemd/network /var/lib/dbus
echo root:x:0:0::/root:/bin/sh >/etc/passwd
echo 0123456789abcdef0123456789abcdef | tee /etc/machine-id >/var/lib/dbus/machine-id
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
cp /etc/ssh/ssh_host_ed25519_key.pub /etc/before
echo MACAddress=52:54:00:AB:00:01 >/etc/systemd/network/10-card.network
ip link add card type veth peer name other && ip link set card address 52:54:00:ab:00:01
`;

test.runIf(canMount)(
  'in a system: identity, host keys and card are others, wherever they are written',
  async () => {
    const renewal = { machineId: 'f'.repeat(32), mac: '52:54:00:ab:00:01', newMac: '52:54:00:ab:00:02' };
    const commands = planRenewal(renewal).map(({ command }) => shellLine(command));
    const look =
      'cat /etc/machine-id /var/lib/dbus/machine-id /etc/systemd/network/* /sys/class/net/card/address; ls /etc/ssh';
    const same = 'cmp -s /etc/before /etc/ssh/ssh_host_ed25519_key.pub || echo another key';
    const right =
      'ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key | cut -d" " -f2 | grep -qFf - /etc/ssh/ssh_host_ed25519_key.pub && echo a pair';
    const script = [SYSTEM, ...commands, look, same, right].join('\n');
    const { stdout, stderr } = await execa('unshare', ['--mount', '--net', 'sh', '-c', script]);
    expect(stdout.split('\n')).toEqual([
      ...[renewal.machineId, 'ed25519', renewal.newMac],
      ...[renewal.machineId, renewal.machineId, `MACAddress=${renewal.newMac}`, renewal.newMac],
      ...['ssh_host_ed25519_key', 'ssh_host_ed25519_key.pub', 'another key', 'a pair'],
    ]);
    expect(stderr).toContain(
      'none of systemd-networkd, NetworkManager, dhclient, udhcpc and dhcpcd is at work',
    );
  },
);

/** A network with a DHCP server at one end of a cable, and busybox's client at the other. */
const DHCP = `
set -e
mount -t sysfs sysfs /sys; mount -t tmpfs tmpfs /mnt; mount -t tmpfs tmpfs /run; cd /mnt
ip link add card type veth peer name other; ip link set card address 52:54:00:ab:00:01 up
ip address add 10.0.2.2/24 dev other; ip link set other up
printf '%s\\n' 'start 10.0.2.15' 'end 10.0.2.30' 'interface other' 'lease_file leases' 'pidfile pid' >server
touch leases; busybox udhcpd -f server &
printf '%s\\n' '#!/bin/sh' 'ip address flush dev card' '[ -z "$ip" ] || ip address add $ip/24 dev card' >client; chmod +x client
cp "$(command -v busybox)" udhcpc; ./udhcpc -b -i card -s /mnt/client
`;

const hasDhcp = /^udhcpd$/m.test(spawnSync('busybox', ['--list']).stdout?.toString() ?? '');

test.runIf(canMount && hasDhcp)('in a network: another lease, for another card', async () => {
  const renewal = { machineId: 'f'.repeat(32), mac: '52:54:00:ab:00:01', newMac: '52:54:00:ab:00:02' };
  const [card = '', lease = ''] = planRenewal(renewal)
    .slice(2)
    .map(({ command }) => shellLine(command));
  const look = 'ip -4 -o address show dev card scope global';
  const script = [DHCP, look, card, lease, look].join('\n');
  const space = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const { stdout } = await execa('unshare', [...space, 'sh', '-c', script]);
  const [before, mac, told, after] = stdout.split('\n');
  expect(mac).toBe(renewal.newMac);
  expect(told).toMatch(/^10\.0\.2\.\d+$/);
  expect(after).toContain(` ${told}/24 `);
  expect(before).not.toContain(` ${told}/24 `);
});

describe('the ports of a guest with another address', () => {
  const forwards = [{ host: '127.0.0.1', hostPort: 4711, guestPort: 22 }];
  const answering = (...answers: string[]) => {
    const sent: string[] = [];
    const human = async (line: string) => {
      sent.push(line);
      return answers.shift() ?? '';
    };
    return { sent, human };
  };

  test('lead there', async () => {
    const qmp = answering('host forwarding rule for tcp:127.0.0.1:4711 removed\r\n');
    await redirectForwards(qmp, forwards, '10.0.2.16', signal);
    expect(qmp.sent).toEqual([
      'hostfwd_remove net tcp:127.0.0.1:4711',
      'hostfwd_add net tcp:127.0.0.1:4711-10.0.2.16:22',
    ]);
  });

  test('are an error where QEMU says anything else', async () => {
    const refusal = 'Could not set up host forwarding rule';
    await expect(redirectForwards(answering('', refusal), forwards, 'x', signal)).rejects.toThrow(refusal);
    await expect(redirectForwards(answering('invalid format'), forwards, 'x', signal)).rejects.toThrow(
      'invalid format',
    );
  });

  test('lead there from the start in what is forked from it', () => {
    const origin = { bases: {}, seed: null, guestAddress: '10.0.2.16' };
    expect(valuesOf(plan({}, {}, { origin }), '-netdev')).toEqual([
      'user,id=net,hostfwd=tcp:127.0.0.1:0-10.0.2.16:22',
    ]);
  });
});

describe('a guest', () => {
  /** What comes of it where the guest's shell is this script. */
  async function renewBy(script: string) {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-renewal-'));
    await writeFile(join(folder.path, 'sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const guest = fakeQemu('--agent', script === '' ? 'late' : 'plain', '--agent-path', folder.path);
    await using it = await openTestMachine(guest);
    await it.machine.on(caller());
    await readUntil(it.open('boot'), 'ready\r\n');
    const session = it.machine.session('test');
    const result = await renewIdentity(session, '52:54:00:00:00:01', signal);
    return { ...result, forwards: await session.qmp.human('info usernet') };
  }

  test('tells what it has now; what it had none of is left out', async () => {
    const { renewed, mac, forwards } = await renewBy(
      'case "$2" in *host_*) ;; *"ip -4"*) echo 10.0.2.16;; *) echo "$4 $5";; esac',
    );
    expect(renewed).toEqual({
      'machine-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'MAC address': `52:54:00:00:00:01 ${mac}`,
      'DHCP lease': '10.0.2.16',
    });
    expect(forwards).toMatch(/ 40022 +10\.0\.2\.16 +22 /);
  });

  test('that cannot renew something says what and why', async () => {
    await expect(
      renewBy('case "$2" in *host_*) echo no ssh-keygen >&2; exit 3;; esac'),
    ).rejects.toMatchObject({
      code: 'device',
      message: 'fork: renew: the ssh host keys could not be renewed: no ssh-keygen',
    });
  });

  test('without an agent cannot renew anything', async () => {
    await expect(renewBy('')).rejects.toMatchObject({ code: 'state', needed: 'qemu-guest-agent' });
  });
});
