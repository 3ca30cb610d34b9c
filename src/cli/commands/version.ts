import type { Command } from 'commander';
import { VERSION } from '../../core/index.ts';
import { type OutputOption, print, withOutput } from '../jl/output.ts';

/** `jumplead version`: which one this is, and where it lies. */
export function registerVersion(program: Command): void {
  const version = program
    .command('version')
    .aliases(['ver', 'v'])
    .description('say which version this is')
    .action(async (options: OutputOption) => {
      const data = { gitVersion: VERSION, nodeVersion: process.version };
      const folder = new URL('../../..', import.meta.url).pathname;
      const text = `jumplead v${VERSION} from ${folder} (Node ${process.version})`;
      await print({ data, text, name: VERSION }, options);
    });
  withOutput(version);
}
