import { open } from 'node:fs/promises';
import { LaunchError } from '../../../core/index.ts';
import { HEADER_SIZE, type ImageFacts, imageError, readImageFacts } from './image-format.ts';
import type { Qcow2Rules } from './qcow2-header.ts';
import { qemuImg } from './qemu-img.ts';

/** `qemu-img check` says so of an image that has clusters too many: harmless. */
const ONLY_LEAKS = 3;

/** What the image in `path` is. @throws ImageError when it is none that a machine can use. */
export async function readImageFile(path: string, source: string, rules?: Qcow2Rules): Promise<ImageFacts> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_SIZE), 0, HEADER_SIZE, 0);
  return readImageFacts(buffer.subarray(0, bytesRead), size, source, rules);
}

/** As `readImageFile`, and looks whether all is there that the image's own tables name. @throws ImageError when it is not. */
export async function checkImageFile(path: string, source: string, signal: AbortSignal): Promise<ImageFacts> {
  const facts = await readImageFile(path, source);
  if (facts.format !== 'qcow2') return facts;
  try {
    await qemuImg(['check', '-q', '-f', 'qcow2', path], { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LaunchError && error.exitCode === ONLY_LEAKS) return facts;
    if (error instanceof LaunchError && error.exitCode === null && !error.signal) throw error;
    if (error instanceof LaunchError && error.signal)
      throw imageError(`looking through its tables takes too much: ${error.stderr}`, source, error);
    const said = error instanceof LaunchError ? error.stderr.trim().split('\n')[0] : String(error);
    throw imageError(`it is damaged or incomplete (${said || 'qemu-img check failed'})`, source, error);
  }
  return facts;
}
