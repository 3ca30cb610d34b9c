/** What the demo is shown with where our own image cannot be built. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bootSector } from '../fixtures/boot-sector.ts';
import { openBrokenHost } from '../fixtures/broken-host.ts';
import { startDemoIn, untilPrinted } from '../support/demo.ts';

const ARCH = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
const FILE = `Fedora-Cloud-Base-Generic-44-1.7.${ARCH}.qcow2`;
const FOLDER = `/releases/44/Cloud/${ARCH}/images`;
const BYTES = Buffer.concat([bootSector(), Buffer.alloc(512)]);
const sha256 = createHash('sha256').update(BYTES).digest('hex');

let stack: AsyncDisposableStack;
let home: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  home = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-demo-'))).path;
  // As root QEMU runs as another user, who must get at his files.
  await chmod(home, 0o711);
});
afterEach(() => stack.disposeAsync());

/** A PATH with all programs of this host but those. */
async function pathWithout(...missing: string[]): Promise<string> {
  const folder = join(home, 'bin');
  await mkdir(folder);
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const from of folders)
    for (const name of await readdir(from).catch(() => []))
      if (!missing.includes(name)) await symlink(join(from, name), join(folder, name)).catch(() => undefined);
  return folder;
}

/** The demo on a host that has no mmdebstrap. */
async function poorHost(mirror: string): Promise<Record<string, string>> {
  return {
    ...{ PATH: await pathWithout('mmdebstrap'), JUMPLEAD_CACHE: join(home, 'cache') },
    ...{ XDG_STATE_HOME: join(home, 'state'), JUMPLEAD_MIRROR_FEDORA: mirror },
  };
}

test('a public image stands in, and it is said so', async () => {
  const host = stack.use(await openBrokenHost());
  host.serve(`${FOLDER}/${FILE}`, { bytes: BYTES });
  const sums = Buffer.from(`SHA256 (${FILE}) = ${sha256}\n`);
  host.serve(`${FOLDER}/Fedora-Cloud-44-1.7-${ARCH}-CHECKSUM`, { bytes: sums });
  const run = startDemoIn(await poorHost(host.url), '--out', join(home, 'out'));
  stack.defer(() => void run.kill('SIGKILL'));
  await untilPrinted(run.stdout, '✔ flash');
  run.kill('SIGINT');
  const { exitCode, stdout } = await run;
  expect(exitCode).toBe(130);
  const file = join(home, 'cache/images/pulled', `fedora-44-${ARCH}-${sha256.slice(0, 12)}`, FILE);
  expect(stdout).toContain(
    `${file}, fedora-44, as debian-12 cannot be built here (cannot build the image: mmdebstrap not found)`,
  );
  expect(await readFile(file)).toEqual(BYTES);
});

test('where there is none to be had either, both reasons are told', async () => {
  const host = await openBrokenHost();
  await host[Symbol.asyncDispose]();
  const { exitCode, stderr } = await startDemoIn(await poorHost(host.url), '--out', join(home, 'out'));
  expect(exitCode).toBe(3);
  expect(stderr).toContain('there is no image for the demo');
  expect(stderr).toContain('ECONNREFUSED');
  expect(stderr).toContain('mmdebstrap not found');
  expect(stderr).toContain('or name one: --image PATH or URL');
});
