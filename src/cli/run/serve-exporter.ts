import { once } from 'node:events';
import { hostname } from 'node:os';
import { hostPort, type Log } from '../../core/index.ts';
import {
  beginLease,
  type ExporterSession,
  endLease,
  firstStatus,
  type HookOutcome,
  openSession,
} from '../../exporter/index.ts';
import type { ExporterFile } from '../../exporter-file/index.ts';
import { Unsuccessful } from '../exit-code.ts';
import { openOwnCommands } from '../own-commands.ts';
import { listPools } from '../pool/list-pools.ts';
import type { PreparedListener } from './prepare-listener.ts';

export interface ServeExporterOptions {
  /** Undefined: the private socket alone. */
  readonly prepared: PreparedListener | undefined;
  readonly log: Log;
  /** Ends the serving. */
  readonly signal: AbortSignal;
  /** Tells that calls are served, and at which socket; what it opens is closed before the session. Default: on stdout, for a shell. */
  readonly announce?: (socket: string) => Promise<AsyncDisposable>;
}

/**
 * Opens the devices of `file`, runs the hook before the lease, and serves until the signal aborts; then the hook after the
 * lease is run and everything is closed. All of that is one lease, of nobody.
 *
 * @throws the reason of the signal; Unsuccessful when a hook has ended the exporter
 */
export async function serveExporter(
  file: ExporterFile,
  { prepared, log, signal, announce: tell }: ServeExporterOptions,
): Promise<void> {
  const { driver, name, motd, hooks } = file;
  say(`exporter ${name}, ${file.file}: ${Object.keys(driver.children).join(', ') || 'no devices'}`);
  await using commands = await openOwnCommands();
  await using session = await openSession(driver, { log, signal, name, motd, status: firstStatus(hooks) });
  const place = prepared && (await listen(session, prepared));
  const lease = { hooks, name: 'standalone', env: commands.withPath(process.env) };

  const begun = await beginLease(session, { ...lease, signal }).catch((error: unknown): HookOutcome => {
    if (!signal.aborted) throw error;
    return 'ok'; // Half of what it does may have been done: the hook after the lease sets that right.
  });
  if (begun === 'exit') throw new Unsuccessful('the hook beforeLease has ended the exporter');
  if (begun === 'endLease') say('beforeLease has failed: no calls are served; Ctrl-C ends the exporter');
  if (!signal.aborted) {
    await using _listed = await listPools(driver, { name, host: session.socket });
    await using _told = begun === 'ok' ? await tell?.(session.socket) : undefined;
    if (begun === 'ok' && !tell) announce(session, place, prepared);
    if (!signal.aborted) await once(signal, 'abort');
  }
  if (begun === 'ok') await endLease(session, { ...lease, signal: new AbortController().signal });
  throw signal.reason;
}

/** Lets the session listen. Resolves to where clients find it. */
async function listen(session: ExporterSession, prepared: PreparedListener): Promise<string> {
  const { host, port } = await session.listen(prepared.listen);
  say(`listening on ${hostPort(host, port)}: ${prepared.protection}`);
  if (prepared.fingerprint !== undefined) say(`fingerprint ${prepared.fingerprint}`);
  return hostPort(['0.0.0.0', '::'].includes(host) ? hostname() : host, port);
}

/** Says on stdout how clients find the session, as a shell can read it, and that it is ready. */
function announce(
  session: ExporterSession,
  place: string | undefined,
  prepared: PreparedListener | undefined,
): void {
  const lines = [`JUMPSTARTER_HOST=${place ?? session.socket}`];
  if (prepared && 'insecure' in prepared.listen) lines.push('JMP_GRPC_INSECURE=1');
  say('ready');
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

const say = (line: string) => void process.stderr.write(`${line}\n`);
