/**
 * An exporter that lives until it is killed: it opens a machine, does with it what its seed says, closes it, and begins anew. It
 * says on its output what it is at; anything that goes wrong ends it with an error. The argument is a `Life`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { runTool } from '../../src/core/index.ts';
import { type QemuConfigInput, qemu } from '../../src/drivers/qemu/index.ts';
import { cachedBuild } from '../../src/images/cache.ts';
import { describeFile } from '../../src/images/digest.ts';
import { serve } from '../../src/index.ts';
import { createRandom, type Random } from './random.ts';

/** What a life is given. */
export interface Life {
  readonly seed: number;
  /** What it will be killed at: it does that for sure. */
  readonly moment: string;
  readonly config: QemuConfigInput;
  /** Images to flash: plain, and compressed by xz. */
  readonly images: { readonly plain: string; readonly compressed: string };
  readonly artifacts: string;
  /** Where what it reads back goes. */
  readonly dump: string;
}

const tell = (what: string) => process.stdout.write(`${what}\n`);
/** Short enough that a kill may come at any part of what follows. */
const breathe = (random: Random) => sleep(random.below(8));

async function live({ seed, moment, config, images, artifacts, dump }: Life): Promise<never> {
  const random = createRandom(seed);
  const does = (what: string) => moment === what || random.below(4) === 0;
  for (;;) {
    tell('opening');
    const vm = await serve(qemu(config), { artifacts, log: pino({ level: 'silent' }) });
    tell('open');
    const flash = {
      known: () => vm.flasher.flash(images.plain),
      new: () => vm.flasher.flash(trickle(random)),
      compressed: () => vm.flasher.flash(images.compressed),
    };
    for (let round = random.below(3); round >= 0; round--) {
      const kinds = ['known', 'new', 'compressed'] as const;
      const how = kinds.find((kind) => moment === `flashing ${kind}`) ?? random.pick(kinds);
      tell(`flashing ${how}`);
      await flash[how]();
      tell('switching on');
      await vm.power.on();
      tell('running');
      await breathe(random);
      if (does('taking a picture')) {
        tell('taking a picture');
        await vm.display.screenshot();
      }
      tell('switching off');
      await vm.power.off({ mode: 'forced' });
      if (does('dumping')) {
        tell('dumping');
        await vm.flasher.dump(dump);
      }
    }
    if (does('building')) {
      tell('building');
      await build(random.below(2 ** 31));
    }
    if (random.below(2) === 0) {
      tell('switching on, to close');
      await vm.power.on();
    }
    tell('closing');
    await vm[Symbol.asyncDispose]();
    tell('closed');
  }
}

/** An image that nobody knows, in small pieces. */
async function* trickle(random: Random): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < 16; piece++) {
    yield Buffer.alloc(64 * 1024, random.below(2 ** 31).toString(36));
    await breathe(random);
  }
}

/** Builds an image as those of Debian are built: by programs that write into a folder for a while. */
async function build(format: number): Promise<void> {
  await cachedBuild({ name: 'box', arch: 'x86_64', format }, async (work) => {
    const script =
      'for i in 1 2 3 4 5 6 7 8; do head -c 100000 /dev/urandom >"$0/part-$i"; sleep 0.02; done; cat "$0"/part-* >"$0/out/disk"';
    await runTool('sh', ['-c', script, work]);
    return [await describeFile(`${work}/out`, 'disk')];
  });
}

const life: Life = JSON.parse(process.argv[2] ?? '{}');
// `nothing`: only to let Node keep what it has compiled, which those who are killed cannot.
if (life.moment !== 'nothing') await live(life);
