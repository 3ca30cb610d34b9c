import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from './row.ts';

/** Python's exporter as its users start it, with one QEMU machine. */
export interface JmpRun extends AsyncDisposable {
  readonly address: string;
  /** The process that serves. The one that watches over it is not counted. */
  readonly pid: number;
}

/** Runs `jmp run` on a port of the loopback interface; resolves when it listens. */
export async function openJmpRun({ folder, python }: Context): Promise<JmpRun> {
  const config = join(folder, 'exporter.yaml');
  await writeFile(config, EXPORTER);
  const address = `127.0.0.1:${await freePort()}`;
  const args = ['run', '--exporter-config', config, '--tls-grpc-listener', address, '--tls-grpc-insecure'];
  const child = spawn(python('jmp'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = once(child, 'exit');
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('Session server started')) break;
  }
  child.stderr.resume();
  const pid = Number(child.pid);
  return {
    address,
    pid: childOf(pid),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

const EXPORTER = `apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: { namespace: default, name: bench }
endpoint: ""
token: ""
export:
  qemu: { type: jumpstarter_driver_qemu.driver.Qemu, config: {} }
`;

function childOf(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const [child] = children;
  if (!child) throw new Error('jmp run has no process that serves');
  return Number(child);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
