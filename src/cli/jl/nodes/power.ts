import type { Command } from 'commander';
import type { ExploredNode, MeteredPowerHandle, PowerHandle } from '../../../client/index.ts';
import type { MeteredPower, Power, PowerReading } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { count, seconds } from '../options.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { pause } from '../pause.ts';

/** `on`, `off` and `cycle` of a power switch. */
export const powerCommands: NodeCommands = {
  register: (command, node, context) => {
    registerSwitch(command, () => handleOf<typeof Power>(node), node, context);
  },
};

/** As `powerCommands`, with `read`. */
export const meteredPowerCommands: NodeCommands = {
  register: (command, node, context) => {
    const power = () => handleOf<typeof MeteredPower>(node);
    registerSwitch(command, power, node, context);
    registerRead(command, power, context);
  },
};

function registerSwitch(
  command: Command,
  power: () => Promise<PowerHandle>,
  node: ExploredNode,
  { signal }: JlContext,
): void {
  command
    .command('on')
    .description('switch the power on')
    .action(async () => (await power()).on({ signal }));
  const off = command.command('off').description('switch the power off');
  if (node.pythonClient.endsWith('.VirtualPowerClient')) {
    off
      .option('--destroy', 'destroy the instance after switching it off')
      .action(async ({ destroy = false }: { destroy?: boolean }) => {
        await node.call('off', [destroy], { signal });
      });
  } else off.action(async () => (await power()).off({ signal }));
  command
    .command('cycle')
    .description('switch off, wait, and switch on')
    .option('-w, --wait <seconds>', 'how long to stay off', seconds, 2_000)
    .action(async ({ wait }: { wait: number }) => {
      announceCycle(wait);
      await (await power()).cycle({ wait, signal });
    });
}

/** Says what Python's `j` says. */
export function announceCycle(wait: number): void {
  process.stdout.write(`Power cycling with ${wait / 1_000} seconds wait time...\n`);
}

interface ReadOptions extends OutputOption {
  readonly count: number;
  readonly interval: number;
}

function registerRead(
  command: Command,
  power: () => Promise<MeteredPowerHandle>,
  { signal }: JlContext,
): void {
  const read = command
    .command('read')
    .description('read voltage and current')
    .option('-n, --count <number>', 'how often; 0: until it is interrupted', count, 1)
    .option('-i, --interval <seconds>', 'time between two of them', seconds, 1_000);
  withOutput(read).action(async ({ count: times, interval, ...options }: ReadOptions) => {
    const handle = await power();
    for (let index = 0; times === 0 || index < times; index += 1) {
      if (index > 0) await pause(interval, signal);
      for await (const reading of handle.read({ signal })) await print(describeReading(reading), options);
    }
  });
}

function describeReading({ voltage, current }: PowerReading) {
  const power = voltage * current;
  const [v, c, va] = [voltage, current, power].map(pythonFloat);
  return {
    data: { voltage, current, apparent_power: power },
    text: `voltage=${v} V  current=${c} A  apparent_power=${va} VA`,
  };
}

/** A whole number as Python prints it: scripts that read the lines of `j` read these as well. */
const pythonFloat = (value: number) => (Number.isInteger(value) ? value.toFixed(1) : String(value));
