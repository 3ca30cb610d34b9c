/** What a fork of a real Debian is, as far as only such a guest can show it: the last part of the scenario, on the machine of that. */
import type { Connected } from 'jumplead';
import { sessionOf } from 'jumplead';
import { Display, Machine } from 'jumplead/interfaces';
import { qemuRig } from 'jumplead/qemu';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentChecks } from '../conformance/agent.ts';
import { describeChecks } from '../conformance/check.ts';
import { checkName } from '../conformance/method-checks.ts';
import { readUntil } from '../drivers/open-driver.ts';
import { forkSpecimen } from '../support/fork-specimen.ts';
import { LONG } from '../support/long.ts';

type Vm = Connected<typeof qemuRig>;

/** Answers whoever asks with the clock and what the kernel takes for random. It has asked before: nothing is new to it. */
const ORACLE = `
import os, time
os.getrandom(16)
while True:
    open('/oracle/ask').read()
    with open('/oracle/answer', 'w') as answer: print(os.getpid(), time.time(), os.getrandom(16).hex(), file=answer)
`;

async function ask(vm: Vm) {
  const { stdout } = await vm.agent.exec('echo >/oracle/ask; cat /oracle/answer');
  const [pid, time, random] = stdout.trim().split(' ');
  return { pid, time: Number(time) * 1_000, random };
}

const VARIABLE = '/sys/firmware/efi/efivars/Mark-5d1f7c2e-3b0a-4f43-9c55-6a1d2b8e7f10';
const read = async (vm: Vm, path: string) => (await vm.agent.exec(['cat', path])).stdout.trim();

/** Who the guest is for others. */
async function identityOf(vm: Vm) {
  const addresses = 'ip -br link show up | awk \'$1 != "lo" { print $3 }\'; hostname -I';
  const [mac, ip] = (await vm.agent.exec(addresses)).stdout.trim().split(/\s+/);
  const keys = (await vm.agent.exec('cat /etc/ssh/ssh_host_*_key.pub')).stdout.trim().split('\n');
  return { machineId: await read(vm, '/etc/machine-id'), mac, ip, keys };
}

/** @param machine The machine of the scenario, once it is at work. */
export function describeForks(machine: () => Vm): void {
  const stack = new AsyncDisposableStack();
  let vm: Vm;

  beforeAll(async () => {
    vm = machine();
    await vm.agent.ready({ timeout: '5m' });
    await using ssh = await vm.ssh.connect();
    // Not in /tmp: there nobody writes to a pipe of somebody else.
    await ssh.run('sudo mkdir -m 777 /oracle; mkfifo -m 666 /oracle/ask /oracle/answer');
    await ssh.run(`nohup python3 -c "${ORACLE}" >/dev/null 2>&1 </dev/null &`);
    expect((await ask(vm)).pid).toMatch(/^\d+$/);
    // A machine that was saved long ago.
    await vm.agent.setTime(new Date('2024-02-03T04:05:06Z'));
    await vm.snapshots.save('ready');
    await vm.agent.setTime();
  });
  afterAll(() => stack.disposeAsync());

  test('two forks have the time of now, and randomness that no other has, also for a process that ran before', async () => {
    await using one = await vm.fork({ from: 'ready' });
    await using other = await vm.fork({ from: 'ready' });
    const answers = [await ask(vm), await ask(one), await ask(other)];
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(1);
    expect(new Set(answers.map(({ random }) => random)).size).toBe(3);
    for (const { time } of answers) expect(Math.abs(time - Date.now())).toBeLessThan(10 * 60_000);
  });

  test('so have forks of a fork whose kernel does not notice that it has become another', async () => {
    await using fork = await vm.fork({ from: 'ready' });
    await fork.agent.exec('cd /sys/bus/acpi/drivers/vmgenid && echo *:* >unbind');
    await fork.snapshots.save('unnoticed');
    await using one = await fork.fork({ from: 'unnoticed' });
    await using other = await fork.fork({ from: 'unnoticed' });
    const answers = [await ask(fork), await ask(one), await ask(other)];
    expect(new Set(answers.map(({ random }) => random)).size).toBe(3);
  });

  test('a fork is as good as its parent: console, ssh, screen', async () => {
    await using fork = await vm.fork({ from: 'ready' });
    await using history = await fork.console.open({ from: 0 });
    await history.expect('Linux version');
    await using tty = await fork.console.open();
    expect((await tty.run('sudo getenforce')).stdout.trim()).toBe('Permissive');
    await using ssh = await fork.ssh.connect();
    await ssh.run(['sudo', 'rm', '-rf', '/etc']);
    const { stdout } = await vm.agent.exec(['ls', '/etc/passwd']);
    expect(stdout.trim()).toBe('/etc/passwd');
    const { width, height } = PNG.sync.read(Buffer.from(await fork.display.screenshot()));
    expect(width * height).toBeGreaterThan(300_000);
    const screen = sessionOf(fork).node('vnc', Display)?.calls;
    await using viewer = await screen?.connect();
    expect(viewer && (await readUntil(viewer, '\n'))).toMatch(/^RFB 003\.\d{3}\n$/);
  });

  test("what would be its parent's is renewed on request", async () => {
    const before = await identityOf(vm);
    await using fork = await vm.fork({ from: 'ready', renew: true, timeout: '10m' });
    const now = await identityOf(fork);
    expect((await fork.describe()).fork?.renewed).toEqual({
      'machine-id': now.machineId,
      'ssh host keys': 'ecdsa ed25519',
      'MAC address': now.mac,
      'DHCP lease': now.ip,
    });
    const values = (who: typeof now) => [who.machineId, who.mac, ...who.keys.map((key) => key.split(' ')[1])];
    expect(values(now)).toHaveLength(values(before).length);
    expect(values(now).filter((value) => values(before).includes(value))).toEqual([]);
    expect(await identityOf(vm)).toEqual(before);

    await fork.snapshots.save('renewed');
    {
      await using grandchild = await fork.fork({ from: 'renewed' });
      await using theirs = await grandchild.ssh.connect();
      expect((await theirs.run(['cat', '/etc/machine-id'])).stdout.trim()).toBe(now.machineId);
    }
  });

  // A cold boot of the whole image: one more than a test lane should have.
  test.runIf(LONG)(
    'what was renewed stays when it is switched off and on; so do disk and variables',
    async () => {
      await using fork = await vm.fork({ from: 'ready', renew: true, timeout: '10m' });
      const now = await identityOf(fork);
      await using ssh = await fork.ssh.connect();
      await ssh.run(
        `sudo sh -c "set -e; echo fork >/mark; printf '\\\\7\\\\0\\\\0\\\\0fork' >${VARIABLE}; sync"`,
      );
      expect(await fork.power.off({ deadline: '5m' })).toBe('graceful');
      await fork.power.on();
      await using tty = await fork.console.open({ from: 'boot' });
      await tty.expect(/BdsDxe: starting/, { timeout: '10m' });
      await using again = await fork.ssh.connect({ timeout: '15m' });
      expect((await again.run(`cat /mark; sudo tail -c 4 ${VARIABLE}`)).stdout).toBe('fork\nfork');
      await fork.agent.ready({ timeout: '5m' });
      expect(await identityOf(fork)).toMatchObject({
        machineId: now.machineId,
        mac: now.mac,
        keys: now.keys,
      });
      expect(await read(vm, '/mark').catch(() => 'none')).toBe('none');
    },
  );

  test('a guest without an agent cannot renew anything, which is said', async () => {
    await using fork = await vm.fork({ from: 'ready' });
    await using ssh = await fork.ssh.connect();
    await ssh.run(['sudo', 'systemctl', 'stop', 'qemu-guest-agent']);
    await fork.snapshots.save('mute');
    await expect(fork.fork({ from: 'mute', renew: true })).rejects.toMatchObject({
      code: 'state',
      needed: 'qemu-guest-agent',
    });
    expect(await fork.snapshots.list()).toMatchObject([{ name: 'mute', forks: [] }]);
  });

  describe('the agent', () => {
    let fork: Vm;
    beforeAll(async () => {
      fork = stack.use(await vm.fork({ from: 'ready' }));
      await fork.snapshots.save('ready');
    });
    const whole = { path: '', contract: Machine } as const;
    const [breaking, rest] = [true, false].map((breaks) =>
      agentChecks.filter(({ name }) => name.endsWith(checkName('', 'deviceGone')) === breaks),
    );
    for (const [title, parent] of [
      ['a fork', () => vm],
      ['a fork of a fork', () => fork],
    ] as const) {
      describeChecks(`of ${title}, of which QEMU is killed,`, breaking ?? [], () =>
        forkSpecimen({ vm: parent(), rig: qemuRig }, 'ready', whole),
      );
      describe(`of ${title}`, () => {
        let specimen: Awaited<ReturnType<typeof forkSpecimen<typeof Machine, typeof qemuRig>>>;
        beforeAll(async () => {
          specimen = stack.use(await forkSpecimen({ vm: parent(), rig: qemuRig }, 'ready', whole));
        });
        describeChecks('at work', rest ?? [], async () => ({
          ...specimen,
          [Symbol.asyncDispose]: async () => undefined,
        }));
      });
    }
  });
}
