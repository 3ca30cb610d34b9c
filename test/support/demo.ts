import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { PNG } from 'pngjs';
import { expect } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../bin/jumplead.js');

/** Starts `jumplead demo`. What it prints is also in the result, when that has come. */
export const startDemo = (...options: string[]) => startDemoIn({}, ...options);

/** As `startDemo`, with that added to the environment. */
export function startDemoIn(env: Record<string, string>, ...options: string[]) {
  return execa(process.execPath, [PROGRAM, 'demo', ...options], { reject: false, stdin: 'ignore', env });
}

/** Resolves when the text has been printed, with all that was printed until then. */
export function untilPrinted(output: Readable, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let seen = '';
  const look = (chunk: Uint8Array) => {
    seen += Buffer.from(chunk).toString();
    if (seen.includes(text)) resolve(seen);
  };
  output.on('data', look).on('end', () => reject(new Error(`it ended after ${JSON.stringify(seen)}`)));
  return promise;
}

/** The steps of a demo that has gone well, in their order. */
const STEPS = [
  ...['image', 'machine', 'flash', 'power on', 'firmware', 'kernel', 'login prompt', 'login', 'getenforce'],
  ...['ssh: uname -r', 'sudo setenforce 0', 'screenshot', 'screen in a browser', 'power off'],
];

/** Checks what a demo that has gone well leaves in its folder. */
export async function checkDemoFolder(folder: string, arch: string): Promise<'cold' | 'remembered'> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const timeline: { name: string; outcome: string }[] = JSON.parse(await read('timeline.json'));
  // The first of a kind is stored.
  const boot = timeline.filter(({ name }) => name === 'boot remembered');
  expect(timeline.filter((step) => !boot.includes(step)).map(({ name }) => name)).toEqual(STEPS);
  const outcomes = Object.fromEntries(timeline.map(({ name, outcome }) => [name, outcome]));
  expect(outcomes).toMatchObject({
    getenforce: 'Enforcing',
    'sudo setenforce 0': 'getenforce says Permissive',
    'power off': 'graceful',
  });
  // A link to the screen is a secret until it is used.
  for (const name of ['timeline.json', 'timeline.txt']) expect(await read(name)).not.toContain('/open/');
  const transcript = await read('console.log');
  const [, release] = /Linux version (\S+)/.exec(transcript) ?? [];
  expect(outcomes['ssh: uname -r']).toBe(`${release}, by key, while enforcing`);
  expect(transcript).toMatch(/BdsDxe.*Linux version.*getenforce.*Power down/s);
  expect(await read('qemu.sh')).toContain(`qemu-system-${arch}`);
  const { width, height } = PNG.sync.read(await readFile(join(folder, 'booted.png')));
  expect(width * height).toBeGreaterThan(300_000);
  const [kind] = /cold|remembered/.exec(outcomes['power on'] ?? '') ?? [];
  if (kind === 'cold')
    expect(boot.map(({ outcome }) => outcome)).toEqual(['the next demo resumes from there']);
  else expect(boot).toEqual([]);
  return kind === 'cold' ? kind : 'remembered';
}
