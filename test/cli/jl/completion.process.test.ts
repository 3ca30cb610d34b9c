import { mkdtempDisposable, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { fakeMachine, fakePower } from 'jumplead/fake';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

/** What is proposed in place of the last word. */
async function proposed(...words: string[]) {
  const { stdout, exitCode, stderr } = await served.jl(['complete', '--', ...words], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = stdout.split('\n');
  return { words: lines.slice(0, -1).map((line) => line.split('\t')[0]), end: lines.at(-1) };
}

test('nodes, commands, options and their values', async () => {
  expect(await proposed('')).toEqual({ words: ['power', 'machine', 'completion'], end: ':4' });
  expect(await proposed('machine', 's')).toEqual({ words: ['screen', 'ssh'], end: ':4' });
  expect((await proposed('power', 'read', '--')).words).toContain('--interval');
  expect(await proposed('power', 'read', '--output', '')).toEqual({
    words: ['json', 'yaml', 'name'],
    end: ':4',
  });
  expect(await proposed('power', 'read', '-n', '1', 'x')).toEqual({ words: [], end: ':4' });
  // A node alone stands for one of its commands, whose options can follow.
  expect((await proposed('machine', 'console', '--')).words).toContain('--read-only');
  expect(await proposed('machine', 'flasher', 'flash', 'im')).toEqual({ words: [], end: ':0' });
  expect(await proposed('--log-level', 'w')).toEqual({ words: ['warning'], end: ':4' });
  expect(await proposed('--host', 'lab', ':', '1', 'po')).toEqual({ words: [], end: ':4' });
});

test('the tree is kept where only we can look, until it is another device', async () => {
  const kept = join(folder.path, `jl-completion-${process.getuid?.() ?? 0}`);
  await proposed('');
  const [first] = await readdir(kept);
  expect((await stat(kept)).mode & 0o777).toBe(0o700);
  // What is asked now is answered without the device.
  await writeFile(
    join(kept, first ?? ''),
    JSON.stringify({ names: [], options: [], choices: [], commands: [] }),
  );
  expect((await proposed('')).words).toEqual([]);
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
  expect((await runJl(['complete', '--', ''], { env })).stdout).toMatch(/^completion\t.*\n:4$/);
  const gone = await runJl(['complete', '--', '--host', join(folder.path, 'nobody'), 'c'], { env });
  expect(gone).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('completion\t') });
  expect(await runJl(['completion', 'tcsh'])).toMatchObject({ exitCode: 2 });
});

const SHELLS = {
  // The function that bash calls, as it calls it; then a file.
  bash: `source <(jl completion bash); source <(jl completion bash)
    COMP_WORDS=(jl machine power st) COMP_CWORD=3; compopt() { echo "files: $*"; }; _jl; echo "got: \${COMPREPLY[*]}"
    COMP_WORDS=(jl machine flasher flash '$(exit 7)') COMP_CWORD=4; _jl; echo "got: \${COMPREPLY[*]}"`,
  zsh: `compdef() { :; }; source <(jl completion zsh)
    _describe() { echo "got: \${found[*]%%:*}"; }; _files() { echo "files: -o default"; echo "got: "; }
    words=(jl machine power st) CURRENT=4; _jl; words=(jl machine flasher flash im) CURRENT=5; _jl`,
  fish: `jl completion fish | source
    echo got: (complete -C 'jl machine power st' | cut -f1); cd /; echo files: -o default; complete -C 'jl machine flasher flash /et' | grep -q '^/etc/' && echo got:`,
} as const;

describe('the scripts of the shells', () => {
  test.for(Object.entries(SHELLS))('%s', async ([shell, program], { skip }) => {
    const { failed } = await execa(shell, ['-c', 'true'], { reject: false });
    if (failed) skip(`${shell} is not installed`);
    const bin = join(folder.path, 'bin');
    await execa('mkdir', ['-p', bin]);
    await symlink(JL, join(bin, 'jl')).catch(() => undefined);
    const PATH = [bin, join(process.execPath, '..'), process.env['PATH']].join(delimiter);
    const { stdout, stderr } = await execa(shell, ['-c', program], {
      env: { ...env, JUMPSTARTER_HOST: served.socket, PATH },
    });
    const lines = stdout.split('\n').map((line) => line.trimEnd());
    expect({ lines, stderr }).toEqual({ lines: ['got: state', 'files: -o default', 'got:'], stderr: '' });
  });
});
