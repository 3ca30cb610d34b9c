import { ConfigError, LaunchError } from '../../../core/index.ts';
import { opendalReason } from './opendal-error.ts';

/** What is used of the package `opendal`, which is an optional peer: our declarations must do without it. */
export interface Operator {
  capability(): OperatorCapability;
  stat(path: string): Promise<OperatorMetadata>;
  exists(path: string): Promise<boolean>;
  createDir(path: string): Promise<void>;
  read(path: string, range: { readonly offset: bigint; readonly size: bigint }): Promise<Uint8Array>;
  writer(path: string): Promise<OperatorWriter>;
  copy(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  delete(path: string): Promise<void>;
  removeAll(path: string): Promise<void>;
  list(path: string, options?: { readonly recursive?: boolean }): Promise<readonly { path(): string }[]>;
  presignRead(path: string, expires: number): Promise<SignedRequest>;
  presignWrite(path: string, expires: number): Promise<SignedRequest>;
  presignStat(path: string, expires: number): Promise<SignedRequest>;
}
/** Takes what is to be in a file; it is there once this is closed. */
export interface OperatorWriter {
  write(content: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
/** What a storage knows of a path. */
export interface OperatorMetadata {
  isFile(): boolean;
  isDirectory(): boolean;
  readonly contentLength: bigint | null;
  readonly contentDisposition: string | null;
  readonly contentMd5: string | null;
  readonly contentType: string | null;
  readonly etag: string | null;
}
/** By the names of the package. */
export type OperatorCapability = Readonly<Record<string, boolean | bigint | null | undefined>>;
interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A storage that opendal reaches.
 *
 * @throws LaunchError when the package is missing or cannot be loaded here; ConfigError when the storage is not configured right.
 */
export async function openOperator(
  scheme: string,
  options: Readonly<Record<string, string>>,
): Promise<Operator> {
  const { Operator } = await loadOpendal();
  try {
    return new Operator(scheme, { ...options });
  } catch (cause) {
    const { reason } = opendalReason(cause);
    const message = `opendal: cannot use the scheme ${JSON.stringify(scheme)}: ${reason}`;
    throw new ConfigError(message, { issues: [{ path: 'scheme', message: reason }] }, { cause });
  }
}

interface Opendal {
  readonly Operator: new (scheme: string, options: Record<string, string>) => Operator;
}

async function loadOpendal(): Promise<Opendal> {
  try {
    // SAFE: the package of that name; what is used of it is written down above
    return (await import('opendal')) as unknown as Opendal;
  } catch (cause) {
    const stderr = cause instanceof Error ? cause.message : String(cause);
    const hint = 'npm install opendal@0.49.1 (later ones want glibc 2.38)';
    throw new LaunchError(
      `opendal: the package opendal cannot be loaded: ${stderr.split('\n')[0]}\n${hint}`,
      { command: "import('opendal')", exitCode: null, signal: null, stderr, hint },
      { cause },
    );
  }
}
