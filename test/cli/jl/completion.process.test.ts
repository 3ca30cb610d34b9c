import { mkdir, mkdtempDisposable, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { fakeMachine, fakePower } from 'jumplead/fake';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from '../../../src/core/index.ts';
import { group } from '../../../src/driver/index.ts';
import { JL, runJl, type ServedDevice, serveDevice } from './jl.ts';

const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
const env = { XDG_RUNTIME_DIR: folder.path };

let served: ServedDevice;
beforeAll(async () => {
  served = await serveDevice(group({ power: fakePower(), machine: fakeMachine() }));
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await folder.remove();
});

/** Shells without the start-up files of whoever runs the tests. */
const PLAIN = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] };

const NONE = { aliases: [], help: '', options: [], arguments: [], commands: [] };

/** What is proposed in place of the last word. */
async function proposed(...words: string[]) {
  const { stdout, exitCode, stderr } = await served.jl(['complete', '--', ...words], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').flatMap((line) => line.split('\t')[0] || []);
}

test('nodes, commands, options and their values', async () => {
  expect(await proposed('')).toEqual(['power', 'machine', 'completion']);
  expect(await proposed('machine', 'ss')).toEqual(['ssh']);
  expect(await proposed('power', 'read', '--')).toContain('--interval');
  expect(await proposed('power', 'read', '--output', '')).toEqual(['json', 'yaml', 'name']);
  expect(await proposed('power', 'read', '-n', '1', 'x')).toEqual([]);
  // A node alone stands for one of its commands, whose options can follow.
  expect(await proposed('machine', 'console', '--')).toContain('--read-only');
  expect(await proposed('machine', 'flasher', 'flash', 'im')).toEqual([':files']);
  expect(await proposed('--log-level', 'w')).toEqual(['warning']);
});

test('the tree is kept where only we can look, until it is another device', async () => {
  const kept = join(folder.path, `jl-completion-${process.getuid?.() ?? 0}`);
  await proposed('');
  const [first] = await readdir(kept);
  expect((await stat(kept)).mode & 0o777).toBe(0o700);
  // What is asked now is answered without the device.
  await writeFile(join(kept, first ?? ''), JSON.stringify({ ...NONE, name: 'jl' }));
  expect(await proposed('')).toEqual([]);
  await using other = await serveDevice(group({ relay: fakePower() }));
  const { stdout } = await other.jl(['complete', '--', ''], { env });
  expect(stdout).toContain('relay\t');
  await using strange = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
  await symlink(kept, join(strange.path, `jl-completion-${process.getuid?.() ?? 0}`));
  const answer = await served.jl(['complete', '--', ''], { env: { XDG_RUNTIME_DIR: strange.path } });
  expect(answer.stdout).toContain('machine\t');
  expect(await readdir(kept)).toHaveLength(2);
  await rm(kept, { recursive: true });
});

test('without a device, or with one that does not answer', async () => {
  expect((await runJl(['complete', '--', ''], { env })).stdout).toMatch(/^completion\t/);
  const gone = await runJl(['complete', '--', '--host', join(folder.path, 'nobody'), 'c'], { env });
  expect(gone).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('completion\t') });
  expect(await runJl(['completion', 'tcsh'])).toMatchObject({ exitCode: 2 });
});

/** What each shell makes of its script, where `jl machine power st` has been typed. */
const SCRIPTS = {
  bash: `source <(jl completion bash)
    COMP_WORDS=(jl machine power st) COMP_CWORD=3; _jl_complete; echo "\${COMPREPLY[*]}"`,
  // What zsh's own completion would do with the candidates is not asked.
  zsh: `compdef() {}; _describe() { print -l -- \${(P)2%%:*} }
    source <(jl completion zsh); words=(jl machine power st); CURRENT=4; _jl_complete`,
  fish: `jl completion fish | source; complete -C 'jl machine power st' | string split -f 1 \\t`,
};
const shells = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]; // SAFE: just defined
const missing = new Set<string>();
for (const shell of shells) if (!(await findProgram([shell]))) missing.add(shell);

test.for(shells)('%s, by the script', async (shell, { skip }) => {
  skip(missing.has(shell), `there is no ${shell}`);
  const bin = join(folder.path, shell);
  await mkdir(bin);
  await symlink(JL, join(bin, 'jl'));
  const PATH = [bin, join(process.execPath, '..'), process.env['PATH']].join(delimiter);
  const { stdout, stderr } = await execa(shell, [...PLAIN[shell], '-c', SCRIPTS[shell]], {
    env: { ...env, JUMPSTARTER_HOST: served.socket, PATH, HOME: folder.path },
  });
  expect({ stdout, stderr }).toEqual({ stdout: 'state', stderr: '' });
});
