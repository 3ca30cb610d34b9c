import { Argument, Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { complete } from '../../src/cli/completion/complete.ts';
import { completedBy } from '../../src/cli/completion/completers.ts';

const program = new Command('lab').option('-v, --verbose', 'say more').exitOverride();
const config = program.command('config').alias('conf').description('configurations');
config
  .command('use')
  .description('choose one')
  .addArgument(completedBy(new Argument('<name>', 'which'), async () => ['left', 'right']));
config
  .command('check')
  .description('check files')
  .addOption(new Option('-o, --output <form>', 'as what').choices(['json', 'yaml']))
  .addOption(new Option('--out <file>', 'where to'))
  .argument('<file...>');
program.command('secret', { hidden: true });

const words = async (...typed: string[]) => (await complete(program, typed)).candidates.map(([word]) => word);

describe('completion', () => {
  it('knows commands, their descriptions and their other names', async () => {
    expect(await complete(program, [''])).toEqual({
      candidates: [
        ['config', 'configurations'],
        ['help', 'display help for command'],
      ],
      files: false,
    });
    expect(await words('config', 'u')).toEqual(['use']);
    expect(await words('conf', 'u')).toEqual(['use']);
  });

  it('knows options and their values', async () => {
    expect(await words('config', 'check', '--o')).toEqual(['--output', '--out']);
    expect(await words('config', 'check', '--output', '')).toEqual(['json', 'yaml']);
    expect(await words('config', 'check', '-o', 'y')).toEqual(['yaml']);
    expect(await words('config', 'check', '--output=j')).toEqual(['--output=json']);
  });

  it('does not take the value of an option for a command', async () => {
    expect(await words('-v', 'config', 'u')).toEqual(['use']);
    expect((await complete(program, ['config', 'check', '--out', 'x', ''])).files).toBe(true);
  });

  it('asks for values that are known only now', async () => {
    expect(await words('config', 'use', 'r')).toEqual(['right']);
    expect(await complete(program, ['config', 'use', 'right', ''])).toEqual({ candidates: [], files: false });
  });

  it('leaves files to the shell, where one may come', async () => {
    expect(await complete(program, ['config', 'check', 'a.yaml', 'b'])).toEqual({
      candidates: [],
      files: true,
    });
    expect(await complete(program, ['config', 'check', '--out', ''])).toEqual({
      candidates: [],
      files: true,
    });
    expect(await complete(program, ['config', 'check', '--', '-'])).toEqual({ candidates: [], files: true });
  });
});
