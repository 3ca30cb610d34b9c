import type { Command } from 'commander';
import type { VirtualOffOptions } from '../../../client/index.ts';
import { type Duration, parseDuration } from '../../../core/index.ts';
import type { OffResult, VirtualPower } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { seconds } from '../options.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { pause } from '../pause.ts';
import { announceCycle } from './power.ts';

interface OffWords extends OutputOption {
  readonly force?: boolean;
  readonly deadline?: Duration;
}

const withOff = (command: Command) =>
  withOutput(
    command
      .option('-f, --force', 'cut the power at once, instead of asking the system to shut down')
      .option('--deadline <time>', 'how long to wait for the system before insisting: 30s, 2m'),
  );

/** The power of a virtual machine. */
export const virtualPowerCommands: NodeCommands = {
  byDefault: 'state',
  register: (command, node, { signal }) => {
    const power = () => handleOf<typeof VirtualPower>(node);
    command
      .command('on')
      .description('switch on; the guest is not ready yet when this returns')
      .action(async () => void (await (await power()).on({ signal })));
    withOff(command.command('off').description('shut down, and switch off'))
      .addHelpText('after', '\nExamples:\n  jl power off\n  jl power off --force')
      .action(async (words: OffWords) => {
        await tellOff(await (await power()).off({ ...howToSwitchOff(words), signal }), words);
      });
    withOff(command.command('cycle').description('switch off, and on again'))
      .option('-w, --wait <seconds>', 'how long to stay off', seconds, 0)
      .action(async ({ wait, ...words }: OffWords & { wait: number }) => {
        announceCycle(wait);
        const handle = await power();
        const how = { ...howToSwitchOff(words), signal };
        if (wait === 0) return await tellOff(await handle.cycle(how), words);
        const result = await handle.off(how);
        await pause(wait, signal);
        await handle.on({ signal });
        await tellOff(result, words);
      });
    const acts = {
      reset: 'press the reset button',
      pause: 'stop the virtual CPUs',
      resume: 'let stopped CPUs go on',
    } as const;
    for (const [name, help] of Object.entries(acts)) {
      // SAFE: the keys of `acts`
      const act = name as keyof typeof acts;
      command
        .command(act)
        .description(help)
        .action(async () => (await power())[act]({ signal }));
    }
    withOutput(command.command('state').description('what the machine is doing'))
      .addHelpText('after', '\nExamples:\n  jl power state\n  jl power state -o json')
      .action(async (options: OutputOption) => {
        const state = await (await power()).state({ signal });
        await print({ data: { state }, text: state }, options);
      });
  },
};

function howToSwitchOff({ force, deadline }: OffWords): VirtualOffOptions {
  if (deadline !== undefined) parseDuration(deadline);
  return { mode: force ? 'forced' : 'graceful', ...(deadline !== undefined && { deadline }) };
}

const TOLD: Readonly<Partial<Record<OffResult, string>>> = {
  forced: 'the system did not shut down in time: the power was cut',
  already: 'it was off already',
};

/** Only what is not as it was asked for is worth a line. */
async function tellOff(result: OffResult, options: OffWords): Promise<void> {
  if (options.output) return await print({ data: { off: result }, text: result }, options);
  const told = result === 'forced' && options.force ? undefined : TOLD[result];
  if (told) process.stderr.write(`${told}\n`);
}
