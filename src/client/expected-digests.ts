import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, type ConfigIssue, NotFoundError } from '../core/index.ts';
import { type Digests, downloadText, fileNameOf, findDigests, redactUrl } from '../download/index.ts';
import { describeIssues, ImageDigests } from '../interfaces/index.ts';
import type { Image } from './image.ts';

/** What an image must be: its digests, or the file that its publisher has written them into. */
export interface Expectation {
  /** In hexadecimal digits, of the bytes as they are sent: compressed, where they are. */
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  /** A file such as `SHA256SUMS`, by its path or its URL; the image is looked up in it by its name. It is read here. */
  readonly checksums?: string | URL | undefined;
}

/**
 * The digests that `image` must have; none where nothing is expected.
 *
 * @throws ConfigError for what is no digest; ImageError when the checksum file has none for this image.
 */
export async function expectedDigests(
  image: Image,
  { sha256, sha512, checksums }: Expectation,
  operation: string,
  signal: AbortSignal,
): Promise<Digests> {
  const given = checkDigests({ sha256, sha512 }, operation);
  if (checksums === undefined) return given;
  const text = String(checksums);
  const name = nameOf(image);
  if (Object.keys(given).length > 0) throw mistake('give either checksums or digests', operation);
  if (name === undefined) throw mistake('bytes have no name to look up; give sha256 or sha512', operation);
  if (/^https?:\/\//i.test(text))
    return findDigests(await downloadText(text, { signal }), name, redactUrl(text));
  const path = resolve(checksums instanceof URL ? fileURLToPath(checksums) : text);
  return findDigests(await readSums(path, operation), name, path);
}

function checkDigests(digests: Digests, operation: string): Digests {
  const given = Object.fromEntries(Object.entries(digests).filter(([, value]) => value !== undefined));
  const parsed = ImageDigests.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalid(describeIssues(parsed.error, given, ImageDigests), operation);
}

function nameOf(image: Image): string | undefined {
  if (image.kind === 'file') return basename(image.path);
  return image.kind === 'url' ? fileNameOf(image.url) : image.name && basename(image.name);
}

async function readSums(path: string, operation: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new NotFoundError(
      `${operation}: there is no checksum file ${path} (${cause.code})`,
      { what: 'checksum file', missing: path, known: [] },
      { operation, cause },
    );
  });
}

const mistake = (message: string, operation: string) => invalid([{ path: 'checksums', message }], operation);

function invalid(issues: readonly ConfigIssue[], operation: string): ConfigError {
  const lines = issues.map(({ path, message }) => `${path}: ${message}`);
  return new ConfigError(`${operation}: ${lines.join('; ')}`, { issues }, { operation });
}
