import { styleText } from 'node:util';
import yoctoSpinner from 'yocto-spinner';
import { formatDuration, formatSize, type OnProgress } from '../core/index.ts';
import { Unsuccessful } from './exit-code.ts';

/** One finished step of a long piece of work. */
export interface StepRecord {
  readonly name: string;
  /** Milliseconds since the first step began. */
  readonly start: number;
  /** Milliseconds it took. */
  readonly duration: number;
  readonly outcome: string;
}

export interface StepReporter {
  /** Shown while the step goes on, in place of what was shown before. */
  readonly note: (text: string) => void;
  readonly onProgress: OnProgress;
}

export interface Steps {
  /** Runs `work` as a step and shows its name, its time, and the outcome that `work` returns. */
  run<T>(name: string, work: (reporter: StepReporter) => Promise<{ outcome: string; value: T }>): Promise<T>;
  readonly records: readonly StepRecord[];
}

/** Shows steps on `stream`: with a spinner on a terminal, as plain lines in a pipe. */
export function createSteps(
  stream: NodeJS.WriteStream = process.stdout,
  now: () => number = () => performance.now(),
): Steps {
  const records: StepRecord[] = [];
  let began: number | undefined;
  return {
    records,
    run: async (name, work) => {
      const start = now();
      began ??= start;
      const line = startLine(name, stream);
      try {
        const { outcome, value } = await work({
          note: line.note,
          onProgress: ({ phase, bytes, total, rate }) => {
            const bar = stream.isTTY && total ? `${progressBar(bytes / total)} ` : '';
            line.note(`${bar}${progressText(phase, bytes, total, rate)}`);
          },
        });
        const duration = now() - start;
        records.push({ name, start: start - began, duration, outcome });
        line.done(true, `${name.padEnd(22)} ${formatDuration(duration).padStart(9)}  ${outcome}`);
        return value;
      } catch (error) {
        const outcome = error instanceof Unsuccessful ? error.message : 'failed';
        line.done(false, `${name.padEnd(22)} ${formatDuration(now() - start).padStart(9)}  ${outcome}`);
        throw error;
      }
    },
  };
}

const BAR = 20;

/** `███████░░░░░░░░░░░░░`: a part of a whole, from 0 to 1. */
export function progressBar(part: number): string {
  const done = Math.min(BAR, Math.max(0, Math.floor(part * BAR)));
  return '█'.repeat(done) + '░'.repeat(BAR - done);
}

/** `download 120 MiB of 352 MiB, 34%, 88 MiB/s`; a phase that counts no bytes is shown by its name alone. */
export function progressText(phase: string, bytes: number, total: number | null, rate: number): string {
  if (bytes === 0 && total === null) return phase;
  const of =
    total === null
      ? ''
      : ` of ${formatSize(total)}, ${total === 0 ? 100 : Math.floor((100 * bytes) / total)}%`;
  return `${phase} ${formatSize(bytes)}${of}${rate > 0 ? `, ${formatSize(rate)}/s` : ''}`;
}

interface Line {
  note(text: string): void;
  done(ok: boolean, text: string): void;
}

function startLine(name: string, stream: NodeJS.WriteStream): Line {
  const mark = (ok: boolean) =>
    ok ? styleText('green', '✔', { stream }) : styleText('red', '✘', { stream });
  if (!stream.isTTY) return plainLine(name, stream, mark);
  const spinner = yoctoSpinner({ text: name, stream }).start();
  return {
    note: (text) => {
      spinner.text = `${name}: ${text}`.slice(0, Math.max(20, stream.columns - 4));
    },
    done: (ok, text) => {
      spinner.stop();
      stream.write(`${mark(ok)} ${text}\n`);
    },
  };
}

/** In a pipe only a change of phase is worth a line. */
function plainLine(name: string, stream: NodeJS.WriteStream, mark: (ok: boolean) => string): Line {
  let last = '';
  return {
    note: (text) => {
      const phase = text.replace(/\s[\d.].*$/, '');
      if (phase !== last) stream.write(`  ${name}: ${phase}\n`);
      last = phase;
    },
    done: (ok, text) => stream.write(`${mark(ok)} ${text}\n`),
  };
}
