import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/core/index.ts';

const BIN = fileURLToPath(new URL('../../bin/jumplead.js', import.meta.url));
let folder: string;
const env = () => ({ PATH: `${folder}${delimiter}${process.env['PATH']}`, HOME: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  const program = join(folder, 'jumplead');
  await writeFile(
    program,
    `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${BIN}' "$@"\n`,
  );
  await chmod(program, 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

const hasFish = (await findProgram(['fish'])) !== undefined;
const hasZsh = (await findProgram(['zsh'])) !== undefined;

describe('the script for bash', () => {
  /** What bash would offer for each line of words, the script being read twice, as from a start-up file that is. */
  const offered = async (...lines: string[][]): Promise<string[]> => {
    const quoted = lines.map((words) => words.map((word) => `'${word}'`).join(' '));
    const script = `
script=$(jumplead completion bash); eval "$script"; eval "$script"
try() { COMP_WORDS=(jumplead "$@"); COMP_CWORD=$#; _jumplead_complete; echo "\${COMPREPLY[*]}"; }
${quoted.map((words) => `try ${words}`).join('\n')}`;
    const { stdout, stderr } = await execa('bash', ['--norc', '-c', script], { env: env() });
    expect(stderr).toBe('');
    return stdout.split('\n');
  };

  it('completes words, also where bash has split them', async () => {
    const answers = await offered(
      ['images', 'pu'],
      ['images', 'pull', '--m'],
      ['completion', 'f'],
      ['no-such-command', ''],
    );
    expect(answers).toEqual(['pull', '--mirror', 'fish', '']);
  });

  it('evaluates nothing of what is typed', async () => {
    await offered([`$(touch ${folder}/evaluated)`, 'x']);
    await expect(execa('ls', [join(folder, 'evaluated')])).rejects.toThrow('No such file');
  });
});

it.runIf(hasFish)('the script for fish completes words', async () => {
  const script = "jumplead completion fish | source; complete -C 'jumplead images pu'";
  const { stdout } = await execa('fish', ['--no-config', '-c', script], { env: env() });
  expect(stdout).toMatch(/^pull\tdownload/);
});

it.runIf(hasZsh)('the script for zsh is one', async () => {
  const { stdout } = await execa('jumplead', ['completion', 'zsh'], { env: env() });
  await execa('zsh', ['-n'], { input: stdout });
});
