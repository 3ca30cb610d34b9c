import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runTool } from '../../src/core/index.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

/**
 * Installs the fake QEMU in `folder` as the program `qemu-system-x86_64`, and returns the `PATH` that finds it. `FAKE_QEMU` in the
 * environment says how it misbehaves.
 */
export async function installFakeQemu(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const names = ['fake-qemu.ts', 'boot-sector.ts', 'fake-agent.ts'] as const;
  for (const name of names) await copyFile(join(FIXTURES, name), join(bin, name));
  const [program, known] = [join(bin, 'qemu-system-x86_64'), join(bin, 'known')];
  const script = [
    '#!/bin/sh',
    // What it can do is always the same: it need not be started for that.
    `case "$*" in *"-qmp stdio"*) [ -e ${known} ] && exec cat ${known};; esac`,
    `exec ${process.execPath} ${join(bin, names[0])} "$@" $FAKE_QEMU`,
  ];
  await writeFile(program, `${script.join('\n')}\n`);
  await chmod(program, 0o755);
  await writeFile(known, await abilities(program));
  return [bin, process.env['PATH']].join(delimiter);
}

/** What it answers to those who ask what it can do. */
async function abilities(program: string): Promise<string> {
  const ask = (id: string, execute: string, args: object = {}) =>
    `${JSON.stringify({ id, execute, arguments: args })}\n`;
  const questions = [
    ask('hello', 'qmp_capabilities'),
    ask('version', 'query-version'),
    ask('accelerators', 'qom-list-types', { implements: 'accel' }),
    ask('devices', 'qom-list-types', { implements: 'device' }),
    ask('sandbox', 'query-command-line-options', { option: 'sandbox' }),
    ask('bye', 'quit'),
  ];
  const { stdout } = await runTool(program, ['-qmp', 'stdio'], { input: questions.join('') });
  return `${stdout}\n`;
}
