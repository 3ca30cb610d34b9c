import { createEscapeFilter } from '../core/index.ts';
import { FAULT_PATTERNS, type FaultPattern } from './fault-patterns.ts';

/** What a console has shown that matters. */
export type FaultSign =
  /** A fault begins; what it is about follows, unless `whole`. `line` is what says so. */
  | { readonly kind: 'fault'; readonly pattern: FaultPattern; readonly line: string; readonly whole: boolean }
  /** The fault that has begun is told to its end. */
  | { readonly kind: 'end' }
  /** Another kernel starts: whatever there was is over. */
  | { readonly kind: 'boot' };

/** A line that is longer has no message of interest. */
const LONGEST_LINE = 4_096;

/** The time stamp of a message of the kernel. A log file has the kernel's name before it. */
const STAMP = /(?<!kernel: ?)\[ *(\d+\.\d{6})\](?:\[ *[TC]\d+\])? /;
const STAMP_AT_START = /^\[ *(\d+\.\d{6})\]/;
const STAMPS = new RegExp(STAMP_AT_START, 'gm');
/** Messages of several CPUs come in no strict order. */
const DISORDER = 0.1;

/** So many messages are known again. */
const REMEMBERED = 1_000;

const PROMPTS = FAULT_PATTERNS.filter(({ source }) => source === 'prompt');

const BOOT = 'Linux version ';
const WORDS = new RegExp(
  [BOOT, ...FAULT_PATTERNS.flatMap(({ words }) => words)].map((word) => RegExp.escape(word)).join('|'),
);

/**
 * Finds faults in what a console shows, however it comes in pieces, with or without escape sequences.
 *
 * What a log file or a command prints is told apart where that is possible: a program's line ends in LF alone while
 * `Tty.run` runs it, the kernel's in CR LF; what `dmesg` repeats has an old time stamp; a log file names the kernel first.
 */
export class FaultDetector {
  readonly #filter = createEscapeFilter();
  /** The beginning of the line that is not complete; undefined where it was too long to be kept. */
  #line: string | undefined = '';
  #prompted = false;
  #lastStamp = Number.NEGATIVE_INFINITY;
  readonly #reported = new Set<string>();
  #open: FaultPattern | undefined;

  /** What the next text shows, in order. */
  push(text: string): FaultSign[] {
    const shows = this.#filter.push(text);
    const end = shows.lastIndexOf('\n');
    if (end === -1) return this.#extend(shows);
    const whole = shows.slice(0, end);
    const signs = this.#read(this.#line === undefined ? withoutFirst(whole) : this.#line + whole);
    this.#line = '';
    this.#prompted = false;
    return [...signs, ...this.#extend(shows.slice(end + 1))];
  }

  /** The fault that has begun is told enough of. */
  settle(): void {
    this.#open = undefined;
  }

  /** Another boot begins, by somebody else's word. */
  reset(): void {
    this.#open = undefined;
    this.#lastStamp = Number.NEGATIVE_INFINITY;
  }

  /** Whole lines. Most of what machines say needs no second look. */
  #read(text: string): FaultSign[] {
    if (WORDS.test(text)) return text.split('\n').flatMap((line) => this.#complete(line));
    for (const [, stamp] of text.matchAll(STAMPS)) this.#noteStamp(stamp);
    return [];
  }

  #noteStamp(stamp: string | undefined): void {
    if (stamp !== undefined) this.#lastStamp = Math.max(this.#lastStamp, Number(stamp));
  }

  #extend(text: string): FaultSign[] {
    if (this.#line === undefined) return [];
    this.#line += text;
    if (this.#line.length > LONGEST_LINE) this.#line = undefined;
    if (this.#line === undefined || this.#prompted) return [];
    const prompt = promptIn(shown(this.#line));
    this.#prompted = prompt.length > 0;
    return prompt;
  }

  #complete(line: string): FaultSign[] {
    const text = shown(line);
    const prompt = this.#prompted ? [] : promptIn(text);
    this.#prompted = false;
    const found = line.endsWith('\r') ? this.#understand(text) : [];
    this.#noteStamp(STAMP_AT_START.exec(line)?.[1]);
    return [...prompt, ...found];
  }

  #understand(text: string): FaultSign[] {
    const stamp = STAMP.exec(text);
    const message = stamp ? text.slice(stamp.index + stamp[0].length) : text;
    // A kernel that stamps its messages stamps all of them.
    const isKernel = stamp !== null || this.#lastStamp === Number.NEGATIVE_INFINITY;
    if (isKernel && message.startsWith(BOOT)) {
      this.reset();
      return [{ kind: 'boot' }];
    }
    if (isKernel && this.#open?.ends?.test(message)) {
      this.#open = undefined;
      return [{ kind: 'end' }];
    }
    const pattern = FAULT_PATTERNS.find(({ source, begins }) =>
      source === 'kernel' ? isKernel && begins.test(message) : source === 'line' && begins.test(text),
    );
    return pattern ? this.#report(pattern, pattern.source === 'kernel' ? message : text, stamp) : [];
  }

  #report(pattern: FaultPattern, line: string, stamp: RegExpExecArray | null): FaultSign[] {
    if (stamp) {
      const isOld = Number(stamp[1]) < this.#lastStamp - DISORDER;
      const known = this.#reported.has(stamp[0] + line);
      if (this.#reported.size === REMEMBERED) this.#reported.clear();
      this.#reported.add(stamp[0] + line);
      if (isOld || known) return [];
    }
    // What belongs to a fault that is being told; only worse is news.
    const isNews = this.#open === undefined || pattern.source !== 'kernel' || isWorse(pattern, this.#open);
    if (!isNews) return [];
    this.#open = pattern.ends && pattern;
    return [{ kind: 'fault', pattern, line: line.trim(), whole: pattern.ends === undefined }];
  }
}

/** Without the end of a line that was too long to be kept. */
const withoutFirst = (lines: string) => lines.slice(`${lines}\n`.indexOf('\n') + 1);

function promptIn(text: string): FaultSign[] {
  return PROMPTS.flatMap((pattern) => {
    const [prompt] = pattern.begins.exec(text) ?? [];
    return prompt === undefined ? [] : [{ kind: 'fault', pattern, line: prompt.trim(), whole: true }];
  });
}

const isWorse = (one: FaultPattern, other: FaultPattern) =>
  FAULT_PATTERNS.indexOf(one) < FAULT_PATTERNS.indexOf(other);

/** What a terminal shows of a line in the end. */
function shown(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}
