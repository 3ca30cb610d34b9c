import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { runTool } from '../../src/core/index.ts';
import { buildImage } from '../../src/images/index.ts';
import { openPythonEnv } from '../../test/interop/python-env.ts';
import { atMost, type Figure } from './figure.ts';
import type { Package } from './guest.ts';

/** The main job by the stock Python client, unchanged, twice: the first time our exporter boots, the second time it remembers. */
export async function measurePython(
  { serve, sessionOf, qemu, listBoots, removeBoots }: Package,
  folder: string,
): Promise<Figure[]> {
  const python = await openPythonEnv();
  const image = await buildImage({ name: 'debian-12', arch: 'x86_64' });
  // Nobody has booted such a machine.
  const hostname = `bench-${randomBytes(6).toString('hex')}`;
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    for (const boot of await listBoots()) if (boot.hostname === hostname) await removeBoots(boot.key);
  });
  const config = { arch: 'x86_64', memory: '1GiB', cpus: 2, hostname, boot: { remember: true } } as const;
  const vm = stack.use(await serve(qemu(config)));
  const run = async (expected: 'cold' | 'remembered') => {
    const args = [python.script('debian_client.py'), image, join(folder, 'answers')];
    const env = { JUMPSTARTER_HOST: sessionOf(vm).target, JMP_DRIVERS_ALLOW: 'UNSAFE' };
    const start = performance.now();
    await runTool(python.program('python'), args, { env });
    const seconds = (performance.now() - start) / 1_000;
    const { boot } = await vm.describe();
    if (boot?.kind !== expected) throw new Error(`the boot was ${boot?.kind}: ${boot?.reason}`);
    process.stderr.write(`python, ${expected}: ${seconds.toFixed(1)} s\n`);
    return seconds;
  };
  return [
    { what: 'stock Python client, cold', unit: 's', values: [await run('cold')] },
    {
      what: 'stock Python client, the boot remembered',
      unit: 's',
      values: [await run('remembered'), await run('remembered')],
      goal: atMost(12, '12 s'),
    },
  ];
}
