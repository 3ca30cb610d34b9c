/** What a figure is to reach. */
export interface Goal {
  /** For the table. */
  readonly text: string;
  readonly isReached: (ours: number, other: number | undefined) => boolean;
}

/** At most this part of the other's: times. */
export function atMostTimes(factor: number, text: string): Goal {
  return { text, isReached: (ours, other) => other !== undefined && ours <= other * factor };
}

/** At least this many times the other's: rates. */
export function atLeastTimes(factor: number): Goal {
  return {
    text: `at least ${factor} times`,
    isReached: (ours, other) => other !== undefined && ours >= other * factor,
  };
}

/** At most this much more than the other's. */
export function atMostAbove(difference: number, text: string): Goal {
  return { text, isReached: (ours, other) => other !== undefined && ours <= other + difference };
}

/** At most this much, whatever the other needs. */
export function atMost(limit: number, text: string): Goal {
  return { text, isReached: (ours) => ours <= limit };
}
