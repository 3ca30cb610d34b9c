// node machine.mjs PACKAGE: a QEMU machine served and used within one process; does what it is told and says how long it took.
import { readdirSync, readFileSync } from 'node:fs';
import { answerRequests, load } from './answer.mjs';

/** @type {typeof import('jumplead')} */
const { serve } = await load('index.js');
/** @type {typeof import('jumplead/qemu')} */
const { qemu } = await load('drivers/qemu/index.js');

/** @type {Awaited<ReturnType<typeof open>> | undefined} */
let machine;
const open = (/** @type {object} */ config) => serve(qemu(config));

function served() {
  if (!machine) throw new Error('nothing is served');
  return machine;
}

/** Runs `act`; how long it took, in ms. */
async function timed(/** @type {() => Promise<unknown>} */ act) {
  const start = performance.now();
  await act();
  return { time: performance.now() - start };
}

/** The QEMU of this process. */
function qemuPid() {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const pid = children.find((child) => readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('qemu'));
  if (!pid) throw new Error('there is no QEMU');
  return Number(pid);
}

/** Waits for a text on the console since the machine was switched on; the seconds until it came, and our CPU time. */
async function boot(/** @type {{ until: string }} */ { until }) {
  const before = process.cpuUsage();
  const start = performance.now();
  await served().power.on();
  await using tty = await served().console.open({ from: 'boot' });
  await tty.expect(until, { timeout: '20m' });
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpu: (user + system) / 1e6, pid: qemuPid() };
}

/** Kills QEMU while somebody waits for its console: the ms until he is told. */
async function expectDead() {
  await using tty = await served().console.open();
  const told = tty.expect('what never comes', { timeout: '1h' }).then(
    () => Promise.reject(new Error('it came')),
    () => performance.now(),
  );
  const start = performance.now();
  process.kill(qemuPid(), 'SIGKILL');
  return { time: (await told) - start };
}

async function close() {
  const closed = machine;
  machine = undefined;
  await closed?.[Symbol.asyncDispose]();
}

await answerRequests({
  serve: async (/** @type {{ config: object }} */ { config }) => {
    machine = await open(config);
    return {};
  },
  flash: (/** @type {{ path: string }} */ { path }) => timed(() => served().flasher.flash(path)),
  on: () => timed(() => served().power.on()),
  off: () => timed(() => served().power.off({ mode: 'forced' })),
  describe: () => served().describe(),
  close: () => timed(close),
  boot,
  expectDead,
});
await close();
