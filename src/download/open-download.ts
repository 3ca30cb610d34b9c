import { type Duration, metered, type OnProgress, parseDuration } from '../core/index.ts';
import { type HttpHeaders, parseHttpUrl, redactUrl, refused } from './address.ts';
import { openAgent } from './agent.ts';
import { type Digests, verified } from './digests.ts';
import { RemoteFile } from './remote-file.ts';
import { WAITS } from './tries.ts';
import type { Validator } from './validator.ts';
import { withoutPages } from './web-page.ts';

/** The longest that a server may say nothing for. */
const SILENCE: Duration = '60s';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly headers?: HttpHeaders | undefined;
  /** The state of the file that is known: it is not sent again. */
  readonly unless?: Validator | undefined;
  /** What the file must be. */
  readonly expected?: Digests | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** How long a server may say nothing for before the connection counts as broken; one minute. */
  readonly silence?: Duration | undefined;
  /** Milliseconds before each new try, as long as none brings a byte. */
  readonly waits?: readonly number[] | undefined;
}

/** A download that has begun. Disposing of it ends it. */
export interface Download extends AsyncDisposable {
  /** Its address, without what may be a secret. */
  readonly source: string;
  /** Bytes, where the server says so. */
  readonly size: number | null;
  /** What tells this state of the file from every other, if the server says so. */
  readonly validator: Validator | undefined;
  /** The file is in the state that is known; there are no chunks. */
  readonly isUnchanged: boolean;
  /**
   * The bytes, once. A connection that breaks is made again where it broke off, if the server says by which the file can
   * be recognized.
   *
   * @throws UnreachableError when the rest cannot be had; ImageError when the file has changed meanwhile, is a web page or
   * is not what was expected; the signal's reason.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Starts a download, following redirects.
 *
 * @throws ImageError when the server has no such file; UnreachableError when it cannot be reached or fails.
 */
export async function openDownload(address: string | URL, options: DownloadOptions): Promise<Download> {
  const {
    signal,
    headers = {},
    expected = {},
    onProgress,
    silence = SILENCE,
    waits = WAITS,
    unless,
  } = options;
  const url = parseHttpUrl(String(address));
  const source = redactUrl(url);
  await using stack = new AsyncDisposableStack();
  const agent = await openAgent(parseDuration(silence));
  stack.defer(() => agent.destroy());
  const file = await RemoteFile.open({ agent, url, headers, signal, waits }, unless);
  const { size, validator, isUnchanged } = file;
  const pages = withoutPages(file.chunks(), file.answer, url);
  const told = onProgress ? metered(pages, { phase: 'download', total: size, onProgress }) : pages;
  const held = stack.move();
  return {
    source,
    size,
    validator,
    isUnchanged,
    chunks: verified(told, expected, source),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The most that a file of text may have, in bytes. */
const LARGEST_TEXT = 2 ** 20;

/** The text of a small file: a list of checksums. @throws as `openDownload`; ImageError when it is no small file. */
export async function downloadText(address: string | URL, options: DownloadOptions): Promise<string> {
  await using download = await openDownload(address, options);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of download.chunks) {
    length += chunk.length;
    if (length > LARGEST_TEXT) throw refused(`it has more than ${LARGEST_TEXT} bytes`, download.source);
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString();
}
