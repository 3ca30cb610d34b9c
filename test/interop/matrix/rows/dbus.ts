import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { expect } from 'vitest';
import { defineRig } from '../../../../src/client/index.ts';
import { group } from '../../../../src/driver/index.ts';
import { dbusNetwork } from '../../../../src/drivers/network/index.ts';
import { Network } from '../../../../src/interfaces/index.ts';
import { type Command, type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

interface Facts {
  /** What the bus says it is. */
  readonly id: string;
}

const rig = defineRig({ bus: Network, nobody: Network });

/** Starts a bus of this test's own; resolves with its address. */
async function openBus(stack: AsyncDisposableStack, socket: string): Promise<string> {
  const args = ['--session', '--nofork', '--nopidfile', '--print-address', `--address=unix:path=${socket}`];
  const bus = spawn('dbus-daemon', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(bus, 'exit');
  stack.defer(async () => {
    bus.kill();
    await ended;
  });
  for await (const address of createInterface({ input: bus.stdout })) return address;
  throw new Error('dbus-daemon has ended');
}

/** Sets a variable for this process and what it starts, until the end of the test. */
function setVariable(stack: AsyncDisposableStack, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  stack.defer(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

/** Asks the bus at an address who it is. */
async function idAt(address: string): Promise<string> {
  const ask = ['--dest=org.freedesktop.DBus', '/', 'org.freedesktop.DBus.GetId'];
  return (await execa('dbus-send', [`--bus=${address}`, '--print-reply=literal', ...ask])).stdout.trim();
}

/** The same at a port of this host. */
const idAtPort = (port: number | string | undefined) => idAt(`tcp:host=localhost,port=${port}`);

async function typescript({ handle, facts }: TypescriptRun<typeof rig, Facts>) {
  await using forward = await handle.bus.forward();
  expect(await idAtPort(forward.port)).toBe(facts.id);
  await expect(handle.nobody.connect()).rejects.toMatchObject({ code: 'unreachable', fault: 'lab' });
}

async function asked(run: Command, { id }: Facts): Promise<void> {
  await run('dbus bus forward-tcp 0', {
    whenPrinted: async (address) => expect(await idAtPort(address.split(':').at(-1))).toBe(id),
  });
}

/** A message bus, asked who it is by a program of D-Bus; and one that is not there. */
export const dbus = defineRow({
  name: 'dbus',
  title: 'network: D-Bus',
  rig,
  open: async ({ stack, folder }) => {
    const address = await openBus(stack, join(folder, 'bus'));
    setVariable(stack, 'DBUS_SESSION_BUS_ADDRESS', address);
    setVariable(stack, 'DBUS_SYSTEM_BUS_ADDRESS', `unix:path=${join(folder, 'nobody')}`);
    const type = 'jumpstarter_driver_network.driver.DbusNetwork';
    return {
      python: {
        children: {
          bus: { type, config: { kind: 'session' } },
          nobody: { type, config: { kind: 'system' } },
        },
      },
      ours: group({ bus: dbusNetwork({ kind: 'session' }), nobody: dbusNetwork({ kind: 'system' }) }),
      facts: { id: await idAt(address) },
    };
  },
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'dbus.py',
  jTs: ({ run, facts }: CommandRun<Facts>) => asked(run, facts),
  jlPy: ({ run, facts }: CommandRun<Facts>) => asked(run, facts),
});
