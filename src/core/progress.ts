/** How far a long piece of work has come. */
export interface Progress {
  /** What is being done now: `download`, `convert`, `packages`. */
  readonly phase: string;
  /** Bytes done in this phase. */
  readonly bytes: number;
  /** Bytes to do, where that is known. */
  readonly total: number | null;
  /** Bytes per second, over the phase so far. */
  readonly rate: number;
}

export type OnProgress = (progress: Progress) => void;
