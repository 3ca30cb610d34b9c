/** How a file is sent. */
export interface TransferPlan {
  readonly blockSize: number;
  /** How long an acknowledgement may take, in milliseconds. */
  readonly timeout: number;
  /** What of the options that were asked for is accepted, by its name. */
  readonly accepted: ReadonlyMap<string, number>;
}

const DEFAULTS = { blockSize: 512, timeout: 5_000 };
const LARGEST_BLOCK = 65_464;

/**
 * Decides about the options of a request (RFC 2348, RFC 2349). What a server cannot do it leaves out of its answer, and the
 * client goes on as if it had not asked; only a block that is too large may be answered by a smaller one.
 *
 * @param size Of the file, where it is known how many bytes will be sent.
 */
export function planTransfer(options: ReadonlyMap<string, string>, size: number | undefined): TransferPlan {
  const accepted = new Map<string, number>();
  const blockSize = wholeNumber(options.get('blksize'));
  if (blockSize !== undefined && blockSize >= 8) accepted.set('blksize', Math.min(blockSize, LARGEST_BLOCK));
  const timeout = wholeNumber(options.get('timeout'));
  if (timeout !== undefined && timeout >= 1 && timeout <= 255) accepted.set('timeout', timeout);
  if (options.has('tsize') && size !== undefined) accepted.set('tsize', size);
  return {
    blockSize: accepted.get('blksize') ?? DEFAULTS.blockSize,
    timeout: (accepted.get('timeout') ?? DEFAULTS.timeout / 1_000) * 1_000,
    accepted,
  };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
