import type { TtyEvidence } from './tty-errors.ts';
import type { TtyReader } from './tty-reader.ts';

/** Both halves of an open console, as those who hold a conversation on it need them. */
export interface TtyLine {
  readonly reader: TtyReader;
  /** Types text and the Enter key. */
  sendLine(text: string, signal: AbortSignal): Promise<void>;
  /** Types Ctrl-C. */
  interrupt(): Promise<void>;
  /** What an error about this console shows. */
  evidence(): Pick<TtyEvidence, 'tail' | 'transcript' | 'mask'>;
}
