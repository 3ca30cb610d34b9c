import { X509Certificate } from 'node:crypto';
import { chmod, mkdtempDisposable, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, makeFolder, runTool, systemReason } from '../../core/index.ts';
import { type CertRequest, opensslConfig } from './plan-cert.ts';

/** A certificate that nobody but its own key has signed, and that key. */
export interface MadeCert {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, in hex with colons: what clients pin. */
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly validUntil: Date;
}

/**
 * Makes `cert.pem` and `key.pem` in `folder`; both or none.
 *
 * @throws ConfigError when they are there already and not to be replaced; LaunchError
 */
export async function makeCert(
  request: CertRequest,
  folder: string,
  { force, signal }: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<MadeCert> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  if (!force) for (const path of [cert, key]) await refuseToReplace(path);
  await using draft = await openDraft(folder);
  const inDraft = (name: string) => join(draft.path, name);
  const [draftCert, draftKey, config] = [inDraft('cert.pem'), inDraft('key.pem'), inDraft('config')];
  await writeFile(config, opensslConfig(request));
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256'];
  const files = ['-keyout', draftKey, '-out', draftCert, '-days', String(request.days)];
  await runTool('openssl', ['req', '-x509', '-config', config, ...curve, ...files], {
    hint: 'install the package openssl',
    signal,
  });
  const { fingerprint256: fingerprint, validToDate: validUntil } = new X509Certificate(
    await readFile(draftCert),
  );
  await chmod(draftKey, 0o600);
  await rename(draftKey, key);
  await rename(draftCert, cert);
  return { cert, key, fingerprint, names: request.names, validUntil };
}

/** A folder beside the place where the files are to be: moving them there is all or nothing. */
async function openDraft(folder: string) {
  try {
    await makeFolder(folder);
    return await mkdtempDisposable(join(folder, '.cert-'));
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException; // SAFE: the system's error
    const message = `cannot write to ${folder}: ${systemReason(error) ?? error.message}`;
    throw new ConfigError(`cert: ${message}`, { issues: [{ path: '--out', message }] }, { cause });
  }
}

async function refuseToReplace(path: string): Promise<void> {
  if (!(await stat(path).catch(() => undefined))) return;
  const message = `${path} is there already; --force replaces it, --out FOLDER leaves it alone`;
  throw new ConfigError(`cert: ${message}`, { issues: [{ path: '--out', message }] });
}
