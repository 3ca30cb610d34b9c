import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { pino } from 'pino';
import type { ConnectOptions } from '../../../src/client/index.ts';
import type { Driver } from '../../../src/driver/index.ts';
import { group } from '../../../src/driver/index.ts';
import { openSession } from '../../../src/exporter/index.ts';
import type { SelfSigned } from '../../exporter/self-signed.ts';
import type { PythonEnv } from '../python-env.ts';
import type { Instance } from './row.ts';

/** A way to an exporter. */
export interface Transport {
  readonly name: 'unix' | 'tls';
  /** For our client. */
  readonly address: string;
  readonly options: ConnectOptions;
  /** For Jumpstarter's commands and clients. */
  readonly env: Readonly<Record<string, string>>;
}

/** A running exporter with all rows of the matrix, and the two ways to it. */
export interface Exporter {
  readonly unix: Transport;
  readonly tls: Transport;
  readonly passphrase: string;
}

/** What both exporters are opened with. */
export interface Lab {
  readonly folder: string;
  readonly stack: AsyncDisposableStack;
  readonly python: PythonEnv;
  readonly certificate: SelfSigned;
  readonly passphrase: string;
}

/** What lets a Python program in, and makes it trust our certificate: the variables that `jmp shell` sets. */
function environment(host: string, lab: Lab): Record<string, string> {
  return {
    JUMPSTARTER_HOST: host,
    JMP_DRIVERS_ALLOW: 'UNSAFE',
    JMP_GRPC_PASSPHRASE: lab.passphrase,
    GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: join(lab.folder, 'cert.pem'),
  };
}

function exporterAt(socket: string, port: number, lab: Lab): Exporter {
  const { certificate, passphrase } = lab;
  const address = `localhost:${port}`;
  const options = { tls: { ca: certificate.cert }, passphrase };
  return {
    passphrase,
    unix: { name: 'unix', address: socket, options: {}, env: environment(socket, lab) },
    tls: { name: 'tls', address, options, env: environment(address, lab) },
  };
}

/** Our exporter, in this process. */
export async function openOurs(children: Readonly<Record<string, Driver>>, lab: Lab): Promise<Exporter> {
  const { stack, certificate: tls, passphrase } = lab;
  const session = stack.use(await openSession(group(children), { log: pino({ level: 'silent' }) }));
  const { port } = await session.listen({ host: '127.0.0.1', port: 0, tls, passphrase });
  return exporterAt(session.socket, port, lab);
}

/** The stock exporter, with the drivers that an exporter file would name. */
export async function startPython(
  children: Readonly<Record<string, Instance>>,
  lab: Lab,
): Promise<Exporter & { readonly pid: number }> {
  const { stack, folder, python, passphrase } = lab;
  const plan = join(folder, 'exporter.json');
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await writeFile(plan, JSON.stringify({ export: { children }, passphrase, ...files }));
  const exporter = execa(python.program('python'), [script('exporter.py'), plan], {
    stderr: { file: join(folder, 'exporter.log'), append: true },
    buffer: false,
    reject: false,
    env: { PYTHONPATH: import.meta.dirname },
  });
  stack.defer(async () => {
    exporter.stdin.end();
    await exporter;
  });
  for await (const line of createInterface({ input: exporter.stdout })) {
    const { socket, port } = JSON.parse(line);
    return { ...exporterAt(socket, port, lab), pid: exporter.pid ?? 0 };
  }
  throw new Error(`the Python exporter ended; see ${join(folder, 'exporter.log')}`);
}

/** Our exporter in a process of its own, with the TCP port `port` as the node `loss`. */
export async function startOurProcess(port: number, { stack }: Lab): Promise<Doomed> {
  const program = join(import.meta.dirname, 'doomed-exporter.ts');
  const exporter = execa(process.execPath, [program, String(port)], { reject: false, buffer: false });
  stack.defer(async () => {
    exporter.stdin.end();
    await exporter;
  });
  for await (const socket of createInterface({ input: exporter.stdout }))
    return { socket, pid: exporter.pid ?? 0 };
  throw new Error('the exporter ended before it was ready');
}

/** An exporter that may be killed. */
export interface Doomed {
  readonly socket: string;
  readonly pid: number;
}

/** The path of a Python program of the matrix. */
export const script = (name: string) => join(import.meta.dirname, 'python', name);
