import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { SFTPWrapper } from 'ssh2';
import {
  CommandError,
  isDutError,
  makeFolder,
  NotFoundError,
  ProtocolError,
  raceSignal,
} from '../../core/index.ts';
import { replacementOf } from '../atomic-file.ts';
import type { SshConnection } from './ssh-connect.ts';
import { openChannel } from './ssh-process.ts';

/** Copies a file or a folder to the device; see `SshSession.upload`. */
export async function uploadOverSsh(
  connection: SshConnection,
  local: string,
  remote: string,
  signal: AbortSignal,
): Promise<void> {
  const path = resolve(local);
  await withSftp(connection, signal, (sftp) =>
    upload(sftp, path, remote.endsWith('/') ? `${remote}${basename(path)}` : remote),
  );
}

/** Copies a file or a folder from the device; see `SshSession.download`. */
export async function downloadOverSsh(
  connection: SshConnection,
  remote: string,
  local: string,
  signal: AbortSignal,
): Promise<void> {
  const name = basename(remote);
  const path = local.endsWith('/') ? join(local, name) : local;
  await withSftp(connection, signal, (sftp) => download(sftp, remote, resolve(path)));
}

type Sftp = ReturnType<typeof promised>;

async function withSftp(
  connection: SshConnection,
  signal: AbortSignal,
  act: (sftp: Sftp) => Promise<void>,
): Promise<void> {
  const sftp = await openChannel(
    connection,
    signal,
    (done) => connection.client.sftp(done),
    (channel: SFTPWrapper) => channel,
  );
  try {
    await raceSignal(act(promised(sftp)), AbortSignal.any([signal, connection.ended]));
  } finally {
    sftp.end();
  }
}

async function upload(sftp: Sftp, local: string, remote: string): Promise<void> {
  const found = await stat(local).catch((cause: NodeJS.ErrnoException) => {
    throw notFound('ssh.upload', local, cause);
  });
  if (found.isDirectory()) {
    await sftp.mkdir(remote);
    for (const name of await readdir(local)) await upload(sftp, join(local, name), `${remote}/${name}`);
    return;
  }
  const { temporary } = replacementOf(remote);
  try {
    await sftp.put(local, temporary, found.mode & 0o777);
    await sftp.replace(temporary, remote);
  } catch (error) {
    await sftp.remove(temporary);
    throw error;
  }
}

async function download(sftp: Sftp, remote: string, local: string): Promise<void> {
  if (await sftp.isFolder(remote)) {
    await makeFolder(local);
    for (const name of await sftp.list(remote)) await download(sftp, `${remote}/${name}`, join(local, name));
    return;
  }
  const { temporary, commit, discard } = replacementOf(local);
  try {
    await sftp.get(remote, temporary);
    await commit();
  } catch (error) {
    await discard();
    throw error;
  }
}

/** What is needed of SFTP, as promises, with errors that name the file. */
function promised(sftp: SFTPWrapper) {
  const ask = <T>(
    what: string,
    path: string,
    act: (done: (error: Error | null | undefined, value: T) => void) => unknown,
  ): Promise<T> =>
    new Promise((resolvePromise, reject) => {
      act((error, value) => (error ? reject(sftpError(what, path, error)) : resolvePromise(value)));
    });
  const attributes = (path: string) =>
    ask<{ isDirectory(): boolean }>('stat', path, (done) => sftp.stat(path, done));
  return {
    isFolder: async (path: string) => (await attributes(path)).isDirectory(),
    mkdir: async (path: string) => {
      const exists = await attributes(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!exists) await ask<void>('mkdir', path, (done) => sftp.mkdir(path, (error) => done(error)));
    },
    list: async (path: string) => {
      const entries = await ask<{ filename: string }[]>('ls', path, (done) => sftp.readdir(path, done));
      return entries
        .map(({ filename }) => checkName(filename))
        .filter((name) => name !== '.' && name !== '..');
    },
    put: (from: string, to: string, mode: number) =>
      ask<void>('put', to, (done) => sftp.fastPut(from, to, { mode }, (error) => done(error))),
    get: (from: string, to: string) =>
      ask<void>('get', from, (done) => sftp.fastGet(from, to, (error) => done(error))),
    remove: (path: string) => new Promise<void>((done) => sftp.unlink(path, () => done())),
    /** Renames over what is there, as only OpenSSH's extension does in one step. */
    replace: async (from: string, to: string) => {
      const rename = (act: 'ext_openssh_rename' | 'rename') =>
        ask<void>('rename', to, (done) => sftp[act](from, to, (error) => done(error)));
      await rename('ext_openssh_rename').catch(async (error: unknown) => {
        // A server's refusal is an answer; anything else means that it was not asked, for want of the extension.
        if (isDutError(error)) throw error;
        await new Promise<void>((done) => sftp.unlink(to, () => done()));
        await rename('rename');
      });
    },
  };
}

/** A name in a folder of the device goes nowhere but into ours. */
function checkName(name: string): string {
  if (!/[/\0]/.test(name)) return name;
  throw new ProtocolError(`ssh.download: the device names a file ${JSON.stringify(name)}`, {
    peer: 'sftp',
    answer: name,
  });
}

/** Status codes of SFTP. */
const NO_SUCH_FILE = 2;

function sftpError(what: string, path: string, error: Error): unknown {
  const { code } = error as Error & { code?: number | string }; // SAFE: only read
  if (code === NO_SUCH_FILE) return notFound(`ssh: ${what}`, path, error);
  const command = `sftp ${what} ${path}`;
  return new CommandError(
    `ssh: ${command}: ${error.message}`,
    { command, exitCode: null, signal: null, stdout: '', stderr: error.message },
    { operation: 'ssh.copy', cause: error },
  );
}

function notFound(operation: string, path: string, cause: Error): NotFoundError {
  const fields = { what: 'file', missing: path, known: [] };
  return new NotFoundError(`${operation}: there is no ${path}`, fields, { operation, cause });
}
