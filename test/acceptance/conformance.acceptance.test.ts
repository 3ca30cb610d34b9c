/**
 * The conformance suites of what only a guest with a network can show: its forwarded ports and its ssh server, which here
 * is one that says no more than its version. The suites of the other parts of a machine run in `test/drivers/qemu`.
 */
import { connect, sessionOf } from 'jumplead';
import { type Interface, Ssh, TcpNetwork } from 'jumplead/interfaces';
import { qemu } from 'jumplead/qemu';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { type Check, describeChecks } from '../conformance/check.ts';
import { checkName } from '../conformance/method-checks.ts';
import { tcpNetworkChecks } from '../conformance/network.ts';
import { specimenOf } from '../conformance/specimen.ts';
import { sshChecks } from '../conformance/ssh.ts';
import { forkSpecimen, killQemu, openReachableFork } from '../support/fork-specimen.ts';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

const stack = new AsyncDisposableStack();
let config: Awaited<ReturnType<typeof configure>>;
let vm: Awaited<ReturnType<typeof serveMachine>>;

const configure = async () => ({
  ...(await tinyGuest('x86_64')),
  display: 'none' as const,
  // By its disk its process is found.
  diskSize: '16MiB' as const,
  password: 'tiny',
  forwards: { echo: { guestPort: 7 } },
});
const serveMachine = () => serveQemu(config);

beforeAll(async () => {
  config = await configure();
  stack.use(await openHome());
  vm = stack.use(await serveMachine());
});
afterAll(() => stack.disposeAsync());

/** Switches the machine on, and waits until its guest serves both ports. */
async function boot(): Promise<void> {
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(PROMPT, BOOT);
  await tty.run(
    'udhcpc -n -q -i eth0 >/dev/null 2>&1; nc -ll -p 7 -e cat & nc -ll -p 22 -e echo SSH-2.0-tiny &',
  );
}

/** A part of the machine, over a connection that ends with the check. */
async function openSpecimen<I extends Interface>(node: { readonly path: string; readonly contract: I }) {
  const driver = qemu(config);
  return specimenOf(await connect(sessionOf(vm).target, driver), driver, node, {
    breakDevice: () => killQemu(vm),
  });
}

const breaks = ({ name }: { readonly name: string }) => name.endsWith(checkName('', 'deviceGone'));
const echo = { path: 'echo', contract: TcpNetwork } as const;
const ssh = { path: 'ssh', contract: Ssh } as const;

describe('a guest that is at work', () => {
  beforeAll(boot);
  const rest = <S>(checks: readonly Check<S>[]) => checks.filter((check) => !breaks(check));
  describeChecks('has a port that', rest(tcpNetworkChecks), () => openSpecimen(echo));
  describeChecks('has an ssh server that', rest(sshChecks), () => openSpecimen(ssh));

  describe('and is saved', () => {
    const rig = qemu({ display: 'none', forwards: { echo: { guestPort: 7 } } });
    let fork: Awaited<ReturnType<typeof openReachableFork<typeof rig>>>;
    beforeAll(async () => {
      await vm.snapshots.save('ready');
      fork = stack.use(await openReachableFork({ vm, rig }, 'ready'));
      await fork.vm.snapshots.save('ready');
    });
    const parents = { 'a fork': () => ({ vm, rig }), 'a fork of a fork': () => fork };
    for (const [title, parent] of Object.entries(parents)) {
      describeChecks(`${title} has a port that`, tcpNetworkChecks, () =>
        forkSpecimen(parent(), 'ready', echo),
      );
      describeChecks(`${title} has an ssh server that`, sshChecks, () =>
        forkSpecimen(parent(), 'ready', ssh),
      );
    }
  });
});

describe('a machine whose QEMU is killed', () => {
  // Its guest has not come far enough to answer, or to refuse.
  beforeEach(async () => {
    await vm.power.off({ mode: 'forced' });
    await vm.power.on();
  });
  describeChecks('has a port that', tcpNetworkChecks.filter(breaks), () => openSpecimen(echo));
  describeChecks('has an ssh server that', sshChecks.filter(breaks), () => openSpecimen(ssh));
});
