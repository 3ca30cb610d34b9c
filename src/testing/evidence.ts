import { type BareMachine, bareMachine } from '../bare-machine.ts';
import type { DisplayHandle } from '../client/index.ts';
import { createEscapeFilter } from '../core/index.ts';

/** What a machine shows of a test that has failed on it. Parts that cannot be had are `undefined`. */
export interface Evidence {
  /** The last lines of its console. */
  readonly console: string | undefined;
  /** A PNG. */
  readonly screen: Uint8Array | undefined;
  /** Folder with the transcript, the command line and what else it leaves. */
  readonly artifacts: string | undefined;
}

/** Enough to see what came last, in bytes and in lines. */
const TAIL = 8_192;
const LINES = 20;

/** A machine that has failed may not answer any more. */
const TIMEOUT = '10s';

/** Asks the machine for what it shows. Never fails. */
export async function gatherEvidence(machine: object): Promise<Evidence> {
  const bare = bareMachine(machine as { readonly display?: DisplayHandle }); // SAFE: likewise
  const [console, screen, artifacts] = await Promise.all([
    readTail(bare.console).catch(() => undefined),
    bare.display?.screenshot(undefined, { timeout: TIMEOUT }).catch(() => undefined),
    bare.describe({ timeout: TIMEOUT }).then(
      ({ artifacts }) => artifacts ?? undefined,
      () => undefined,
    ),
  ]);
  return { console, screen, artifacts };
}

/** The evidence as people read it; `screen` is where the picture was put. */
export function describeEvidence(
  { console, artifacts }: Evidence,
  screen: string | undefined,
): string | undefined {
  const parts = [
    ...(console ? ['the last lines of its console:', console.replaceAll(/^/gm, '  ')] : []),
    ...(screen === undefined ? [] : [`its screen: ${screen}`]),
    ...(artifacts === undefined ? [] : [`its transcript: ${artifacts}`]),
  ];
  return parts.length === 0 ? undefined : parts.join('\n');
}

async function readTail(console: BareMachine['console']): Promise<string> {
  const { offset, oldest = 0 } = await console.status({ timeout: TIMEOUT });
  const from = Math.max(oldest, offset - TAIL);
  let missing = offset - from;
  if (missing === 0) return '';
  await using stream = await console.stream({ from, timeout: TIMEOUT });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing <= 0) break;
  }
  const text = createEscapeFilter().push(Buffer.concat(chunks).toString());
  return text.replaceAll(/\r+\n/g, '\n').trimEnd().split('\n').slice(-LINES).join('\n');
}
