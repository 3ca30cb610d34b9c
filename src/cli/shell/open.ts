import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exploreSession, type Session } from '../../client/index.ts';
import { type Log, openOwnedFolder, runtimeFolders, StateError } from '../../core/index.ts';
import { openSession } from '../../exporter/index.ts';
import type { ExporterFile } from '../../exporter-file/index.ts';
import type { DirectPlan } from './direct.ts';
import { peerCertificate } from './peer-certificate.ts';
import type { ShellReach } from './plan-shell.ts';
import { showLogs } from './show-logs.ts';

/** A session for a shell. */
export interface ShellSession extends ShellReach, AsyncDisposable {
  /** What the prompt calls it. */
  readonly name: string;
  /** What is to be told before the shell starts, `''` for nothing. */
  readonly motd: string;
  close(): Promise<void>;
}

/** Opens the devices of a file here. */
export async function openLocal(
  { driver, motd = '' }: ExporterFile,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<ShellSession> {
  const session = await openSession(driver, { log, signal, motd });
  const close = () => session.close();
  return { name: 'local', motd, host: session.socket, close, [Symbol.asyncDispose]: close };
}

/** Reaches an exporter that listens. @throws UnreachableError, AuthError, StateError when it serves no calls */
export async function openDirect(
  { host, port, address, reach, notices }: DirectPlan,
  { exporterLogs, signal }: { readonly exporterLogs: boolean; readonly signal: AbortSignal },
): Promise<ShellSession> {
  await using stack = new AsyncDisposableStack();
  const { session } = stack.use(await exploreSession(address, { ...reach, signal }));
  for (const notice of [...notices, ...(await checkStatus(session, signal))])
    process.stderr.write(`note: ${notice}\n`);
  const { insecure = false, passphrase, fingerprint } = reach;
  const roots =
    fingerprint === undefined
      ? undefined
      : await keepRoots(await peerCertificate({ host, port }, fingerprint, signal), stack);
  stack.use(showLogs(session, exporterLogs));
  const held = stack.move();
  const close = () => held.disposeAsync();
  const direct = { insecure, passphrase, fingerprint, roots };
  return {
    name: 'direct',
    motd: session.report.motd,
    host: address,
    direct,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const WARNING = '[HOOK_WARNING] ';

/** What is to be said of an exporter's status. @throws StateError when it serves no calls */
async function checkStatus(session: Session, signal: AbortSignal): Promise<string[]> {
  const { state, message } = await session.status({ signal });
  if (state === 'BEFORE_LEASE_HOOK') return ['the hook before the lease is still running'];
  if (state === 'LEASE_READY') return message.startsWith(WARNING) ? [message.slice(WARNING.length)] : [];
  const why = message === '' ? '' : `: ${message}`;
  throw new StateError(`${session.target} serves no calls, its status is ${state}${why}`, {
    state,
    needed: 'LEASE_READY',
  });
}

/** A file with `pem`, for clients that know no fingerprints; as long as the session is there. */
async function keepRoots(pem: string, stack: AsyncDisposableStack): Promise<string> {
  const folder = stack.use(await openOwnedFolder(await runtimeFolders()));
  const path = join(folder.path, 'roots.pem');
  await writeFile(path, pem, { mode: 0o600 });
  return path;
}
