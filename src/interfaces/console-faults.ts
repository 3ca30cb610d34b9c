import { FaultDetector, type FaultSign } from './fault-detector.ts';
import type { FaultPattern } from './fault-patterns.ts';
import type { ConsoleFaultEvent } from './faults.ts';

/** A fault that a console has shown. */
export interface ConsoleFault {
  readonly pattern: FaultPattern;
  /** The line that says so. */
  readonly line: string;
  readonly since: Date;
}

export interface ConsoleFaultsParts {
  /** What is no fault here. */
  readonly tolerate?: readonly ConsoleFaultEvent[] | undefined;
  /** Called once what belongs to the fault has been shown as well, its call trace for one. */
  readonly onFault: (fault: ConsoleFault) => void;
  /** Another kernel starts: whatever there was is over. */
  readonly onBoot: () => void;
  readonly clock?: () => Date;
  /** How long the end of a call trace may take, in milliseconds: a kernel may die before it gets there. */
  readonly grace?: number;
}

/** Watches a console for faults, and says so when their evidence is complete. */
export class ConsoleFaults implements Disposable {
  readonly #parts: ConsoleFaultsParts;
  readonly #detector = new FaultDetector();
  #begun: ConsoleFault | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ConsoleFaultsParts) {
    this.#parts = parts;
  }

  /** The next text that the console shows. */
  push(text: string): void {
    for (const sign of this.#detector.push(text)) this.#see(sign);
  }

  /** The fault that is being told, if there is one; it is not told here any more. */
  take(): ConsoleFault | undefined {
    const begun = this.#begun;
    this.#begun = undefined;
    clearTimeout(this.#timer);
    this.#detector.settle();
    return begun;
  }

  /** Another boot begins, by somebody else's word. */
  reset(): void {
    this.take();
    this.#detector.reset();
  }

  [Symbol.dispose](): void {
    this.take();
  }

  #see(sign: FaultSign): void {
    if (sign.kind === 'boot') {
      this.take();
      this.#parts.onBoot();
    } else if (sign.kind === 'end') this.#tell();
    else {
      const { pattern, line, whole } = sign;
      if (this.#parts.tolerate?.includes(pattern.event)) return;
      const { clock = () => new Date(), grace = 1_000 } = this.#parts;
      // A worse one takes the place of what led to it; the evidence is the same.
      if (pattern.source !== 'kernel') this.#tell();
      clearTimeout(this.#timer);
      this.#begun = { pattern, line, since: clock() };
      if (whole) this.#tell();
      else this.#timer = setTimeout(() => this.#tell(), grace);
    }
  }

  #tell(): void {
    const fault = this.take();
    if (fault) this.#parts.onFault(fault);
  }
}
