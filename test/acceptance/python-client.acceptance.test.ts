/** The main job by the stock Python client, on a machine of ours: Debian on UEFI firmware. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession } from 'jumplead/exporter';
import { buildImage } from 'jumplead/images';
import { qemu } from 'jumplead/qemu';
import { expect, test } from 'vitest';
import { runTool } from '../../src/core/index.ts';
import { openPythonEnv } from '../interop/python-env.ts';

test('a stock Python client flashes, boots, logs in and runs ssh', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-python-client-'));
  const python = await openPythonEnv();
  const image = await buildImage({ name: 'debian-12', arch: 'x86_64' });
  await using session = await openSession(qemu({ arch: 'x86_64', memory: '1GiB', cpus: 2 }));
  const answers = join(folder.path, 'answers');
  const env = { JUMPSTARTER_HOST: session.socket, JMP_DRIVERS_ALLOW: 'UNSAFE' };
  await runTool(python.program('python'), [python.script('debian_client.py'), image, answers], { env });
  expect(JSON.parse(await readFile(answers, 'utf8'))).toEqual({
    screen: expect.stringMatching(/^RFB 003\.\d{3}\n$/),
    selinux: 'Permissive',
    release: expect.stringMatching(/^\d+\.\d+\.\d+.*-amd64$/),
  });
});
