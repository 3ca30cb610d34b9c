import { createEscapeFilter } from '../../core/index.ts';
import type { ConsoleHandle } from '../console/console.ts';
import { createMatchers, type Patterns } from '../console/patterns.ts';
import type { Expected } from '../console/tty.ts';
import { UnreadText } from '../console/unread-text.ts';

/** Looks for patterns in what has been recorded since the last power-on, and no further. */
export async function findRecorded(
  console: Pick<ConsoleHandle, 'stream' | 'status'>,
  patterns: Patterns,
  signal: AbortSignal,
): Promise<Expected | undefined> {
  const { boot, offset } = await console.status({ signal });
  const chunks: Uint8Array[] = [];
  let missing = offset - boot;
  if (missing > 0) {
    await using stream = await console.stream({ from: boot, signal });
    for await (const chunk of stream) {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing <= 0) break;
    }
  }
  const text = new UnreadText();
  text.append(createEscapeFilter().push(Buffer.concat(chunks).toString()), Number.POSITIVE_INFINITY);
  const found = text.search(createMatchers(patterns));
  return found && { name: found.name, match: found.groups, before: found.before, text: found.text };
}
