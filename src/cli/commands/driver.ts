import type { Command } from 'commander';
import { DRIVER_TYPES } from '../../driver-types.ts';
import { type OutputOption, print, withOutput } from '../jl/output.ts';
import { alignColumns } from '../table.ts';

/** `jumplead driver list`: what `type:` may be in an exporter file. */
export function registerDriver(program: Command): void {
  const driver = program.command('driver').description('the drivers that exporter files may name');
  withOutput(driver.command('list').alias('ls'))
    .description('list them: our name, and the Python classes that they stand in for')
    .action(async (options: OutputOption) => {
      const items = DRIVER_TYPES.map(({ name, python }) => ({ name, python }));
      const rows = items.map(({ name, python: [first = '', ...more] }) => [
        [name, first],
        ...more.map((path) => ['', path]),
      ]);
      await print(
        {
          data: { drivers: items },
          text: alignColumns([['NAME', 'PYTHON CLASS'], ...rows.flat()]).trimEnd(),
          name: items.map(({ name }) => name).join('\n'),
        },
        options,
      );
    });
}
