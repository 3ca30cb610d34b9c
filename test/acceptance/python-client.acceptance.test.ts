/** The main job by the stock Python client, on a machine of ours: Debian on UEFI firmware. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession } from 'jumplead/exporter';
import { buildImage } from 'jumplead/images';
import { qemu } from 'jumplead/qemu';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { runTool } from '../../src/core/index.ts';
import { openPythonEnv } from '../interop/python-env.ts';
import { openHome } from '../support/tiny-machine.ts';

const MACHINE = {
  arch: 'x86_64',
  memory: '1GiB',
  cpus: 2,
  boot: { remember: true, ready: { console: 'login: $' } },
} as const;

test('a stock Python client flashes, boots, logs in and runs ssh; the second time its boot is remembered', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-python-client-'));
  const python = await openPythonEnv();
  const image = await buildImage({ name: 'debian-12', arch: 'x86_64' });
  await using _ = await openHome();

  /** What the exporter says of the boot, while the client does its work. */
  async function runClient(): Promise<string[]> {
    const logged: string[] = [];
    const stored = Promise.withResolvers<void>();
    const write = (line: string) => {
      const { msg } = JSON.parse(line);
      logged.push(msg);
      if (/boot is (?:not )?remembered/.test(msg)) stored.resolve();
    };
    const log = pino({ level: 'info' }, { write });
    await using session = await openSession(qemu(MACHINE), { log });
    const answers = join(folder.path, 'answers');
    const env = { JUMPSTARTER_HOST: session.socket, JMP_DRIVERS_ALLOW: 'UNSAFE' };
    await runTool(python.program('python'), [python.script('debian_client.py'), image, answers], { env });
    expect(JSON.parse(await readFile(answers, 'utf8'))).toEqual({
      screen: expect.stringMatching(/^RFB 003\.\d{3}\n$/),
      selinux: 'Permissive',
      release: expect.stringMatching(/^\d+\.\d+\.\d+.*-amd64$/),
    });
    if (logged.includes('the machine boots')) await stored.promise;
    return logged.filter((line) => /^the machine (?:boots|resumes)$|remembered/.test(line));
  }

  expect(await runClient()).toEqual(['the machine boots', 'this boot is remembered']);
  expect(await runClient()).toEqual(['the machine resumes']);
});
