/** How much of each is measured. */
export interface Extent {
  /** How many forks, and how many of everything else that takes no longer. */
  readonly count: number;
  /** How many forks are alive at once. */
  readonly crowd: number;
  /** For how long forks are started one after the other. */
  readonly seconds: number;
}
