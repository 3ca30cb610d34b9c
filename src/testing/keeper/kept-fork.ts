import type { MachineDriver } from '../../bare-machine.ts';
import { connect, type DisplayHandle, type ForkLine, type MachineHandle } from '../../client/index.ts';
import { openForkSocket } from '../../fork-socket.ts';

/** A fork that outlived its test. Disposing of it ends it. */
export interface KeptFork extends AsyncDisposable {
  /** How to get in, for people. */
  readonly entrance: string;
}

/** Keeps a fork, with a socket for `jl` and a page with its screen. */
export async function keepFork(line: ForkLine, rig: MachineDriver, test: string): Promise<KeptFork> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await openForkSocket(line));
  const fork = stack.use(await connect({ name: line.name, duplex: line.connect }, rig));
  const parts = fork as MachineHandle & { readonly display?: DisplayHandle; readonly ssh?: object }; // SAFE: machines call them so
  const screen = parts.display && stack.use(await parts.display.open({ title: test }));
  const { artifacts } = await parts.describe();
  const host = `JUMPSTARTER_HOST=${path}`;
  const entrances = {
    console: `${host} npx jl console`,
    ...(parts.ssh && { ssh: `${host} npx jl ssh` }),
    ...(screen && { screen: screen.url }),
    ...(artifacts !== null && { artifacts }),
  };
  const lines = Object.entries(entrances).map(([name, how]) => `  ${`${name}:`.padEnd(11)}${how}`);
  const held = stack.move();
  return {
    entrance: [`kept: the machine of ${JSON.stringify(test)}`, ...lines].join('\n'),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
