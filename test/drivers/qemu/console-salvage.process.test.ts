import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parseMarks } from '../../../src/drivers/qemu/console/marks.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';
import { hexFlood } from '../../support/hex-flood.ts';

const HOLDER = join(import.meta.dirname, '../../fixtures/machine-holder.ts');

/** A place where exporters run one after the other, each with a machine that prints as fast as it can. */
async function openLab() {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-salvage-')));
  // As root we run QEMU as another user, who must get at its files.
  await chmod(path, 0o711);
  await writeFile(
    join(path, 'boot.img'),
    Buffer.concat([bootSector({ flood: true }), Buffer.alloc(2 ** 20)]),
  );
  await mkdir(join(path, 'witness'));
  await chmod(join(path, 'witness'), 0o777);
  await mkdir(join(path, 'runtime'), { mode: 0o711 });
  const held = stack.move();
  const env = {
    XDG_STATE_HOME: join(path, 'state'),
    XDG_CACHE_HOME: join(path, 'cache'),
    XDG_RUNTIME_DIR: join(path, 'runtime'),
  };
  let count = 0;
  return {
    path,
    /** Starts one that keeps its artifacts in `artifacts`; resolves when its machine is on. */
    start: async (artifacts: string, consoleLimit = '256MiB', cwd = path) => {
      // QEMU's own word on what the serial port has printed.
      const witness = join(path, 'witness', String(++count));
      const config = {
        ...{ arch: 'x86_64', firmware: 'bios', memory: '64MiB', accelerator: 'tcg', consoleLimit },
        ...{ network: 'none', display: 'none', cloudInit: false },
        partitions: { root: join(path, 'boot.img') },
        extraArgs: ['-set', `chardev.console.logfile=${witness}`],
      };
      const process_ = execa(process.execPath, [HOLDER, JSON.stringify(config), artifacts], {
        env,
        cwd,
        reject: false,
      });
      await Promise.race([
        once(process_.stdout, 'data'),
        process_.then(({ stderr }) => {
          throw new Error(stderr);
        }),
      ]);
      return {
        transcript: resolve(cwd, artifacts, 'console.log'),
        witness,
        signal: (signal: NodeJS.Signals) => process_.kill(signal),
        kill: async () => {
          process_.kill('SIGKILL');
          await process_;
        },
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Resolves when the file has so many bytes. */
async function hasGrown(path: string, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async () => {
    if ((await stat(path)).size >= bytes) resolve();
  };
  const watcher = watch(path, () => void look());
  await look();
  await promise;
  watcher.close();
}

/** All parts of the transcript in a folder, and the offset at which they begin. */
async function readParts(folder: string): Promise<{ oldest: number; bytes: string; names: string[] }> {
  const names = (await readdir(folder)).filter((name) => /^console\.log\.\d/.test(name)).sort();
  const texts = await Promise.all(
    [...names, 'console.log'].map((name) => readFile(join(folder, name), 'latin1')),
  );
  return { oldest: Number(names[0]?.slice(-15)), bytes: texts.join(''), names };
}

/** The bytes of a transcript are those that the guest has printed, of which QEMU kept a log. */
async function expectWhole(transcript: string, witness: string): Promise<void> {
  const [ours, theirs] = [await readFile(transcript, 'latin1'), await readFile(witness, 'latin1')];
  const printed = ours.slice(ours.indexOf('ready\r\n') + 'ready\r\n'.length);
  expect(printed === hexFlood(printed.length), 'every line is there, once, in order').toBe(true);
  // It writes each byte to us first, and was killed as well.
  expect(ours.length - theirs.length).toBeOneOf([0, 1]);
  expect(ours.startsWith(theirs)).toBe(true);
}

test.runIf(process.platform === 'linux')(
  'an exporter is killed while its machine prints: the next start completes the transcript to the last byte',
  async () => {
    await using lab = await openLab();
    const artifacts = join(lab.path, 'artifacts');
    const first = await lab.start(artifacts);
    await hasGrown(first.transcript, 50_000);
    await first.kill();

    // The next has other artifacts, in the folder that it works in, and stands still for a while before it is killed.
    const second = await lab.start('other');
    await expectWhole(first.transcript, first.witness);
    await hasGrown(second.transcript, 50_000);
    second.signal('SIGSTOP');
    const { size } = await stat(second.witness);
    await hasGrown(second.witness, size + 200_000);
    await second.kill();
    expect((await stat(second.transcript)).size).toBeLessThan(size + 100_000);

    // The third works elsewhere, and has the artifacts of the first: what was there is kept.
    const third = await lab.start(artifacts, '256MiB', tmpdir());
    await expectWhole(second.transcript, second.witness);
    const marks = parseMarks(await readFile(join(lab.path, 'other/console.times.jsonl'), 'utf8'));
    const { size: completed } = await stat(second.transcript);
    expect(marks.at(-1)).toMatchObject({ offset: completed, event: 'salvaged' });
    await expectWhole(join(artifacts, 'previous/console.log'), first.witness);
    await third.kill();
  },
);

test.runIf(process.platform === 'linux')(
  'a transcript that has reached its limit is completed as well, and keeps it',
  async () => {
    await using lab = await openLab();
    const artifacts = join(lab.path, 'artifacts');
    const exporter = await lab.start(artifacts, '1MiB');
    await hasGrown(exporter.witness, 1_300_000);
    await exporter.kill();
    const next = await lab.start(join(lab.path, 'other'));
    await next.kill();
    const { oldest, bytes, names } = await readParts(artifacts);
    expect(names.length).toBeGreaterThan(5);
    expect(oldest).toBeGreaterThan(100_000);
    const witness = await readFile(exporter.witness, 'latin1');
    expect(oldest + bytes.length - witness.length).toBeOneOf([0, 1]);
    expect(bytes.startsWith(witness.slice(oldest)), 'the last of what QEMU says').toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(2 ** 20);
  },
);
