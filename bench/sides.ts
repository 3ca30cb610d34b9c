import { fileURLToPath } from 'node:url';
import type { Context, Round, Sample } from './row.ts';
import { openWorker, type Worker } from './worker.ts';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** An exporter and its client, in two processes, with one Unix socket between them. */
export interface Pair {
  readonly exporter: Worker;
  readonly client: Worker;
}

/** How the exporter's drivers are to be: by kind, with the configuration that the side's own driver takes. */
export interface Served {
  readonly kind: 'tree' | 'qemu';
  readonly ours?: object;
  readonly python?: object;
}

/** Our exporter, of the package in this folder. */
export function openOurExporter(root: string, { kind, ours = {} }: Served): Promise<Worker> {
  return openWorker([process.execPath, path('ours/exporter.mjs'), root, kind, JSON.stringify(ours)]);
}

/** Jumpstarter's exporter. */
export function openPythonExporter(context: Context, { kind, python = {} }: Served): Promise<Worker> {
  return openWorker([context.python('python'), path('python/exporter.py'), kind, JSON.stringify(python)]);
}

/** Our client, of the package in this folder. */
export function openOurClient(root: string): Promise<Worker> {
  return openWorker([process.execPath, path('ours/client.mjs'), root]);
}

/** Jumpstarter's client. */
export function openPythonClient(context: Context): Promise<Worker> {
  // It may import the clients of all drivers, and connect by TCP without TLS.
  const env = { JMP_DRIVERS_ALLOW: 'UNSAFE', JMP_GRPC_INSECURE: '1' };
  return openWorker([context.python('python'), path('python/client.py')], env);
}

/** Each side with an exporter and a client of its own kind, connected; `measure` is a round of any of them. */
export async function openSides(
  context: Context,
  served: Served,
  stack: AsyncDisposableStack,
  measure: (pair: Pair, round: number, side: string) => Promise<Sample>,
): Promise<Record<string, Round>> {
  const pairs: Record<string, Pair> = {
    ours: await connected(await openOurExporter(context.ours, served), openOurClient(context.ours), stack),
    python: await connected(await openPythonExporter(context, served), openPythonClient(context), stack),
  };
  if (context.baseline !== undefined) {
    const exporter = await openOurExporter(context.baseline, served);
    pairs['baseline'] = await connected(exporter, openOurClient(context.baseline), stack);
  }
  return Object.fromEntries(
    Object.entries(pairs).map(([side, pair]) => [side, (round: number) => measure(pair, round, side)]),
  );
}

async function connected(
  exporter: Worker,
  opening: Promise<Worker>,
  stack: AsyncDisposableStack,
): Promise<Pair> {
  stack.use(exporter);
  const client = stack.use(await opening);
  await client.ask({ do: 'connect', ...(await exporter.ask({ do: 'socket' })) });
  return { exporter, client };
}
